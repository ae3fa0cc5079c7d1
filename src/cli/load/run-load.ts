/** Load on one server, and what it made of it. Measures by its own clock; nothing of the server is trusted but its answers. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../base/clock.js';
import type { Exchange } from './exchange.js';
import { Latencies, type LatencyFigures } from './latencies.js';
import { type Answer, LoadClient } from './load-client.js';
import { type Arrivals, runSchedule } from './schedule.js';

export interface LoadPlan {
  readonly origin: string;
  readonly exchange: Exchange;
  readonly arrivals: Arrivals;
  /** Load before that which counts. */
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Of one request; one that takes longer is an error, and counts as having taken that long. */
  readonly timeoutMs: number;
}

export interface LoadReport {
  /** Answered as asked. */
  readonly requests: number;
  readonly errors: number;
  /** How many, by what went wrong. */
  readonly problems: Readonly<Record<string, number>>;
  /** Planned, and never sent, because too many were under way to the end. They are errors, and count as having waited that long. */
  readonly unsent: number;
  /** From the first counted request to the end of the last. */
  readonly seconds: number;
  readonly perSecond: number;
  /** From the moment that a request should have been sent. */
  readonly latency: LatencyFigures;
  /** From the moment that it was sent. */
  readonly onTheWire: LatencyFigures;
  /** Until the first text of a stream, from the moment that the request should have been sent. */
  readonly firstText: LatencyFigures | undefined;
  /** Of streams. */
  readonly events: number;
  /** Of whoever made the load: how late it was by its own fault or because of `maxInFlight`, and how busy, 0 to 1. */
  readonly generator: { readonly late: LatencyFigures; readonly busy: number };
}

export interface RunLoadOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The warm-up is over. */
  readonly onMeasuring?: () => void;
}

export async function runLoad(plan: LoadPlan, { signal, clock, onMeasuring }: RunLoadOptions): Promise<LoadReport> {
  const { arrivals, warmUpMs, durationMs, timeoutMs } = plan;
  const client = new LoadClient({ ...plan, clock });
  const tally = new Tally();
  const run = (totalMs: number, graceMs: number, count: (sample: Sample) => void) =>
    runSchedule({ arrivals, totalMs, graceMs, signal, clock }, async (dueMs) => {
      const sentMs = clock.monotonic();
      const answer = await client.send();
      if (!signal.aborted) count({ dueMs, sentMs, endMs: clock.monotonic(), ...answer });
    });
  const onAbort = () => client.close('interrupted');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    // What it leaves unsent is left out: the measured time begins with nothing due.
    await run(warmUpMs, 0, () => undefined);
    onMeasuring?.();
    const before = performance.eventLoopUtilization();
    const unsent = await run(durationMs, timeoutMs, (sample) => tally.add(sample));
    return tally.report(unsent, performance.eventLoopUtilization(before).utilization);
  } finally {
    signal.removeEventListener('abort', onAbort);
    client.close('interrupted');
  }
}

interface Sample extends Answer {
  readonly dueMs: number;
  readonly sentMs: number;
  readonly endMs: number;
}

class Tally {
  readonly #latency = new Latencies();
  readonly #onTheWire = new Latencies();
  readonly #firstText = new Latencies();
  readonly #late = new Latencies();
  readonly #problems = new Map<string, number>();
  #requests = 0;
  #events = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = 0;

  add({ dueMs, sentMs, endMs, problem, firstTextAtMs, events }: Sample): void {
    this.#firstMs = Math.min(this.#firstMs, dueMs);
    this.#lastMs = Math.max(this.#lastMs, endMs);
    this.#late.record(sentMs - dueMs);
    this.#latency.record(endMs - dueMs);
    this.#onTheWire.record(endMs - sentMs);
    if (firstTextAtMs !== undefined) this.#firstText.record(firstTextAtMs - dueMs);
    this.#events += events;
    if (problem === undefined) this.#requests += 1;
    else this.#count(problem);
  }

  /** Servers may word each failure anew. */
  #count(problem: string): void {
    const key = this.#problems.has(problem) || this.#problems.size < MAX_PROBLEMS ? problem : 'other problems';
    this.#problems.set(key, (this.#problems.get(key) ?? 0) + 1);
  }

  report(unsent: readonly number[], busy: number): LoadReport {
    for (const waitedMs of unsent) this.#latency.record(waitedMs);
    const seconds = Math.max(0, this.#lastMs - this.#firstMs) / 1_000 || 0;
    const firstText = this.#firstText.read();
    return {
      requests: this.#requests,
      errors: [...this.#problems.values()].reduce((sum, count) => sum + count, unsent.length),
      problems: Object.fromEntries(this.#problems),
      unsent: unsent.length,
      seconds,
      perSecond: seconds === 0 ? 0 : this.#requests / seconds,
      latency: this.#latency.read(),
      onTheWire: this.#onTheWire.read(),
      firstText: firstText.count === 0 ? undefined : firstText,
      events: this.#events,
      generator: { late: this.#late.read(), busy },
    };
  }
}

const MAX_PROBLEMS = 20;
