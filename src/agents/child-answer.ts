import { type SessionMessage, textOf } from '../tasks/session-message.js';
import type { ChildRun } from './agent.js';

export interface ChildAnswer {
  readonly isCompleted: boolean;
  /** What it answered; why it did not. */
  readonly text: string;
}

/** What came of a run that has ended. */
export function readChildAnswer({ agent, state, statusMessage, messages }: ChildRun): ChildAnswer {
  const said = statusMessage?.parts.map(({ text }) => text ?? '').join('') ?? '';
  if (state === 'TASK_STATE_COMPLETED') return { isCompleted: true, text: said === '' ? lastWords(messages) : said };
  const how = state === 'TASK_STATE_REJECTED' ? 'declined' : state === 'TASK_STATE_CANCELED' ? 'was canceled' : 'failed';
  return { isCompleted: false, text: `agent '${agent}' ${how}${said === '' ? '' : `: ${said}`}` };
}

/** An agent may say its answer in several messages, one per commit. */
function lastWords(messages: readonly SessionMessage[]): string {
  const spoken = messages.findLast((message) => message.role === 'agent' && textOf(message) !== '');
  if (spoken === undefined) return '';
  const end = messages.lastIndexOf(spoken);
  const begin = messages.findLastIndex(({ role, author }, index) => index < end && (role !== 'agent' || author !== spoken.author)) + 1;
  return messages
    .slice(begin, end + 1)
    .map(textOf)
    .filter((text) => text !== '')
    .join('\n');
}
