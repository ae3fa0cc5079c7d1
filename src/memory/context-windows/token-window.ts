import type { SessionMessage } from '../../tasks/session-message.js';
import type { CountTokens } from '../count-tokens.js';
import { findStart, groupMessages, keepFrom, type MessageGroup } from './message-groups.js';

export interface TokenWindowOptions {
  readonly budget: number;
  /** Messages that are never left out. */
  readonly preserveRecent: number;
  readonly countTokens: CountTokens;
}

/** As many of the newest messages as fit the budget (AGT-52); the `preserveRecent` newest ones whether they fit or not. */
export function tokenWindow(
  messages: readonly SessionMessage[],
  { budget, preserveRecent, countTokens }: TokenWindowOptions,
): readonly SessionMessage[] {
  const groups = groupMessages(messages);
  const count = (group: MessageGroup) => group.reduce((sum, message) => sum + countTokens(message), 0);
  let start = Math.min(findStart(groups, Math.max(1, preserveRecent)), groups.length);
  let own = groups.slice(start).reduce((sum, group) => sum + count(group), 0);
  let best = start;
  // A longer window may have to bring an older question along and still be smaller: none is passed over that fits.
  while (start > 0 && own <= budget) {
    start -= 1;
    own += count(groups[start] as MessageGroup);
    const [first] = keepFrom(groups, start);
    const brought = first === undefined || first === groups[start] ? 0 : count(first);
    if (own + brought <= budget) best = start;
  }
  return keepFrom(groups, best).flat();
}
