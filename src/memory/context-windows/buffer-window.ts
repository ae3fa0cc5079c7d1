import type { SessionMessage } from '../../tasks/session-message.js';
import { groupMessages, keepFrom } from './message-groups.js';

/**
 * The last messages, at most `windowSize` of them (AGT-51). More only where that is one answer with its results, or where the question
 * lies before them.
 */
export function bufferWindow(messages: readonly SessionMessage[], windowSize: number): readonly SessionMessage[] {
  const groups = groupMessages(messages);
  let start = groups.length;
  for (let count = 0; start > 0; start -= 1) {
    count += groups[start - 1]?.length ?? 0;
    if (count > windowSize && start < groups.length) break;
  }
  return keepFrom(groups, start).flat();
}
