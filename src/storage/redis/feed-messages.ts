/** What travels on a task's channel, and the names of the keys of the live feed. */
import { isJsonObject } from '../../base/json.js';
import type { TaskDelta, TaskEvent } from '../../tasks/task-event.js';

export type FeedMessage = { readonly events: readonly TaskEvent[] } | { readonly delta: TaskDelta };

export function feedChannel(keyPrefix: string, taskId: string): string {
  return `${keyPrefix}:feed:{${taskId}}`;
}

/** A message here means that a publisher lost something: every follower must read SQL again. */
export function gapChannel(keyPrefix: string): string {
  return `${keyPrefix}:feed-gap`;
}

/** Stream of kept deltas; entry ids are `<seq>-<order>`. */
export function deltasKey(keyPrefix: string, taskId: string): string {
  return `${keyPrefix}:deltas:{${taskId}}`;
}

/** Checks as much as a follower relies on to place an item; `undefined` for anything else. */
export function parseFeedMessage(text: string, taskId: string): FeedMessage | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value)) return undefined;
  if (Array.isArray(value.events))
    return value.events.every((event) => isPlaced(event, taskId)) ? (value as unknown as FeedMessage) : undefined;
  return isDelta(value.delta, taskId) ? (value as unknown as FeedMessage) : undefined;
}

export function parseDelta(text: string, taskId: string): TaskDelta | undefined {
  const value = parseJson(text);
  return isDelta(value, taskId) ? (value as TaskDelta) : undefined;
}

function isDelta(value: unknown, taskId: string): boolean {
  return isPlaced(value, taskId) && isJsonObject(value) && typeof value.n === 'number' && typeof value.text === 'string';
}

function isPlaced(value: unknown, taskId: string): boolean {
  return isJsonObject(value) && value.taskId === taskId && typeof value.seq === 'number' && typeof value.epoch === 'number';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one of the ways of not being a feed message.
    return undefined;
  }
}
