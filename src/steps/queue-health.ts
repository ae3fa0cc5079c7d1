/**
 * Whether step jobs get anywhere: what waits, against when any worker last took or finished anything, or had its hands
 * full: load is not a stall, and a front that refused work for it would only move the load. A ping is not progress.
 */
import type { QueueReading } from '../observe/meter.js';
import type { ProgressMarks } from '../tasks/coordination.js';

export interface QueueHealthOptions {
  readonly queue: { waiting(): Promise<number>; nextWaitingMs(): Promise<number> };
  readonly progress: Pick<ProgressMarks, 'ageMs'>;
  /** `queue.stall_after_ms`. */
  readonly stallAfterMs: number;
}

/** @throws while Redis is away. */
export async function readQueue({ queue, progress }: QueueHealthOptions): Promise<QueueReading> {
  const [waiting, nextWaitingMs, lastProgressMs] = await Promise.all([queue.waiting(), queue.nextWaitingMs(), progress.ageMs()]);
  return { waiting, nextWaitingMs, lastProgressMs };
}

/** Why new work would only wait, in words for whoever watches readiness; `undefined` = it would not. @throws while Redis is away. */
export async function findStall(options: QueueHealthOptions): Promise<string | undefined> {
  const { nextWaitingMs, lastProgressMs = Number.POSITIVE_INFINITY } = await readQueue(options);
  if (nextWaitingMs <= options.stallAfterMs || lastProgressMs <= options.stallAfterMs) return undefined;
  return `step jobs wait for ${Math.round(nextWaitingMs / 1_000)} s and no worker takes any (queue.stall_after_ms)`;
}
