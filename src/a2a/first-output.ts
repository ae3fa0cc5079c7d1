/** When a run begins to say something, when it rests, and whether what it says is a Message in place of a task (S1, T2). Pure. */
import type { Message } from '../protocol/a2a.js';
import { isInterrupted, isTerminal } from '../protocol/task-state.js';
import type { FollowedItem } from '../tasks/follower.js';

/** The task ended or waits for somebody. */
export function isAtRest(item: FollowedItem): boolean {
  if (item.type !== 'event' || item.event.type !== 'status.changed') return false;
  const { state } = item.event.status;
  return isTerminal(state) || isInterrupted(state);
}

/** Something that clients see: from here on it is known whether the answer is a task. */
export function showsOutput(item: FollowedItem): boolean {
  if (item.type !== 'event') return item.type === 'delta' || item.deltas.length > 0;
  const { event } = item;
  if (event.type === 'status.changed') return event.status.message !== undefined || isAtRest(item);
  return event.type === 'artifact.updated';
}

/** The message belongs to no task that its receiver knows: it names the context alone. */
export function findDirectMessage(item: FollowedItem): Message | undefined {
  if (item.type !== 'event' || item.event.type !== 'status.changed' || item.event.direct !== true) return undefined;
  const { message } = item.event.status;
  if (message === undefined) return undefined;
  const { taskId: _, ...rest } = message;
  return { ...rest, contextId: item.event.contextId };
}
