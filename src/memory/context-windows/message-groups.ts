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
 * The groups from `start` on. What is being answered is the newest message of the user: it is there although it lies before `start`;
 * and the first message is one of a user, as some providers want it.
 */
export function keepFrom(groups: readonly MessageGroup[], start: number): readonly MessageGroup[] {
  const kept = groups.slice(start);
  const question = groups.findLastIndex(isOfUser);
  const before = question < start ? question : kept[0] === undefined || isOfUser(kept[0]) ? -1 : findUserBefore(groups, start);
  const first = groups[before];
  return first === undefined ? kept : [first, ...kept];
}

/** Where the newest groups with at least this many messages begin. */
export function findStart(groups: readonly MessageGroup[], messages: number): number {
  let start = groups.length;
  for (let count = 0; start > 0 && count < messages; start -= 1) count += groups[start - 1]?.length ?? 0;
  return start;
}

function findUserBefore(groups: readonly MessageGroup[], start: number): number {
  return groups.slice(0, start).findLastIndex(isOfUser);
}

function isOfUser([first]: MessageGroup): boolean {
  return first.role === 'user';
}
