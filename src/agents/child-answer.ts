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

/** The last message with a text: what was said before it was a question, or a step on the way. */
function lastWords(messages: readonly SessionMessage[]): string {
  const spoken = messages.findLast((message) => message.role === 'agent' && textOf(message) !== '');
  return spoken === undefined ? '' : textOf(spoken);
}
