/** What of a session belongs to the run that is at work. */
import { type SessionMessage, textOf } from '../../tasks/session-message.js';

/** What came with the run or after its beginning; what it answers in any case. */
export function ownRun(history: readonly SessionMessage[], createdAt: number): readonly SessionMessage[] {
  const own = history.filter((message) => message.createdAt >= createdAt);
  return own.some(({ role }) => role === 'user') ? own : history.slice(history.findLastIndex(({ role }) => role === 'user'));
}

/** The last text of an agent. */
export function findLastWords(messages: readonly SessionMessage[], agent: string): string | undefined {
  return messages
    .filter(({ role, author }) => role === 'agent' && author === agent)
    .map(textOf)
    .findLast((text) => text !== '');
}
