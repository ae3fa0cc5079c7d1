import type { SessionMessage } from '../../tasks/session-message.js';

/** Messages that stand or fall together: an answer that calls tools, and their results (AGT-55). */
export type MessageGroup = readonly [SessionMessage, ...SessionMessage[]];

export function groupMessages(messages: readonly SessionMessage[]): readonly MessageGroup[] {
  const groups: [SessionMessage, ...SessionMessage[]][] = [];
  for (const message of messages) {
    const last = groups.at(-1);
    if (message.role === 'tool' && last !== undefined) last.push(message);
    else groups.push([message]);
  }
  return groups;
}

/**
 * The groups from `start` on, and before them the user's message that they follow, unless they begin with one: some providers want a
 * user to speak first, and what is being answered, the user's newest message, is never missing.
 */
export function keepFrom(groups: readonly MessageGroup[], start: number): readonly MessageGroup[] {
  const kept = groups.slice(start);
  if (kept[0] !== undefined && isOfUser(kept[0])) return kept;
  const before = groups[groups.slice(0, start).findLastIndex(isOfUser)];
  return before === undefined ? kept : [before, ...kept];
}

/** Where the newest groups with at least this many messages begin. */
export function findStart(groups: readonly MessageGroup[], messages: number): number {
  let start = groups.length;
  for (let count = 0; start > 0 && count < messages; start -= 1) count += groups[start - 1]?.length ?? 0;
  return start;
}

function isOfUser([first]: MessageGroup): boolean {
  return first.role === 'user';
}
