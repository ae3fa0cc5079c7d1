/**
 * When requests are sent.
 *
 * At a rate, each has its moment whatever became of those before it, and is late when it is not sent then: a server that stalls is seen by all
 * requests that would have come meanwhile, not only by those that were under way (no coordinated omission). With a concurrency, each
 * connection sends its next request when its last was answered: that finds what a server can do, and hides what its users would wait.
 */
import type { Clock } from '../../base/clock.js';

export type Arrivals =
  | { readonly type: 'rate'; readonly perSecond: number; readonly maxInFlight: number }
  | { readonly type: 'concurrency'; readonly connections: number };

export interface Schedule {
  readonly arrivals: Arrivals;
  readonly totalMs: number;
  /** How long, after the end, those that are late may still be sent. */
  readonly graceMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Sends one request that should have been sent at `dueMs`, monotonic. Never rejects. */
export type Fire = (dueMs: number) => Promise<void>;

/** @returns when all that were sent are over: how long those waited that were planned and never sent, milliseconds. */
export function runSchedule(schedule: Schedule, fire: Fire): Promise<readonly number[]> {
  const { arrivals } = schedule;
  return arrivals.type === 'rate' ? runAtRate(schedule, arrivals, fire) : runConcurrently(schedule, arrivals.connections, fire);
}

async function runConcurrently({ totalMs, signal, clock }: Schedule, connections: number, fire: Fire): Promise<readonly number[]> {
  const endMs = clock.monotonic() + totalMs;
  const loop = async () => {
    for (let nowMs = clock.monotonic(); nowMs < endMs && !signal.aborted; nowMs = clock.monotonic()) await fire(nowMs);
  };
  await Promise.all(Array.from({ length: connections }, loop));
  return [];
}

async function runAtRate(
  { totalMs, graceMs, signal, clock }: Schedule,
  { perSecond, maxInFlight }: Extract<Arrivals, { readonly type: 'rate' }>,
  fire: Fire,
): Promise<readonly number[]> {
  const planned = Math.floor((totalMs * perSecond) / 1_000);
  const startMs = clock.monotonic();
  const dueAt = (index: number) => startMs + (index * 1_000) / perSecond;
  let inFlight = 0;
  let onOver: (() => void) | undefined;
  const oneIsOver = () => new Promise<void>((resolve) => (onOver = resolve));
  let sent = 0;
  while (sent < planned && !signal.aborted) {
    const dueMs = dueAt(sent);
    const waitMs = dueMs - clock.monotonic();
    if (waitMs > 0) await waitUntilDue(waitMs, perSecond, clock, signal);
    else if (clock.monotonic() > startMs + totalMs + graceMs) break;
    else if (inFlight >= maxInFlight) await oneIsOver();
    else {
      sent += 1;
      inFlight += 1;
      void fire(dueMs).finally(() => {
        inFlight -= 1;
        onOver?.();
      });
    }
  }
  while (inFlight > 0) await oneIsOver();
  const nowMs = clock.monotonic();
  return signal.aborted ? [] : Array.from({ length: planned - sent }, (_, index) => nowMs - dueAt(sent + index));
}

/** Timers come up to a millisecond late. At low rates that would be most of what is measured, so the last of it is waited for in turns of the loop. */
async function waitUntilDue(waitMs: number, perSecond: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (perSecond > SPIN_BELOW) return sleepUnlessAborted(clock, Math.ceil(waitMs), signal);
  if (waitMs > SPIN_MS) return sleepUnlessAborted(clock, Math.floor(waitMs - SPIN_MS / 2), signal);
  await new Promise((resolve) => setImmediate(resolve));
}

async function sleepUnlessAborted(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  // Whoever waits looks at the signal next.
  await clock.sleep(delayMs, signal).catch(() => undefined);
}

const SPIN_BELOW = 250;
const SPIN_MS = 2;
