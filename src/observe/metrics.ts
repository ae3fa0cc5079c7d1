/**
 * Every metric of the process, declared once. prom-client underneath; the rest of Hector sees `Count` and `Metrics`.
 *
 * Owns: one registry per composition. Does not own: the path it is served under, nor what it counts.
 * Counters are this process's; the queue's gauges are the deployment's, read when somebody asks.
 */
import { Counter, Gauge, Registry } from 'prom-client';

export interface Count {
  inc(): void;
}

/** What the step queue looks like now. */
export interface QueueReading {
  /** Step jobs that wait. */
  readonly waiting: number;
  /** How long the one that is taken next waits already, milliseconds; 0 = none waits. */
  readonly nextWaitingMs: number;
  /** How long ago any worker took or finished one, or had its hands full, milliseconds; `undefined` = not known. */
  readonly lastProgressMs: number | undefined;
}

/** What the run log's workers and keeper count. */
export interface RunMetrics {
  /** Runs taken over from a worker that died. */
  readonly takeovers: Count;
  /** Commits refused because the run was taken over or canceled meanwhile (R3, R6). */
  readonly fencedCommits: Count;
  /** Runs held for a person (CHK-08). */
  readonly runsHeld: Count;
  /** Waits that ended unanswered (CHK-11). */
  readonly runsExpired: Count;
}

export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

export interface Metrics extends RunMetrics {
  /** From now on the queue's gauges are read from here. A reading that fails leaves them out. */
  watchQueue(read: () => Promise<QueueReading>): void;
  /** From now on the age of the oldest run that nobody has is read from here, milliseconds. A reading that fails leaves it out. */
  watchRuns(read: () => Promise<number>): void;
  /** In the text format of Prometheus. */
  render(): Promise<MetricsPage>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const count = (name: string, help: string): Count => new Counter({ name, help, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });

  const waiting = gauge('hector_queue_waiting', 'Step jobs that wait for a worker.');
  const next = gauge('hector_queue_oldest_waiting_seconds', 'How long the step job that is taken next waits already.');
  const progress = gauge(
    'hector_queue_last_progress_seconds',
    'How long ago any worker took or finished a step job, or had its hands full.',
  );
  const unclaimed = gauge(
    'hector_runs_oldest_unclaimed_seconds',
    'How long the oldest runnable run that no worker has waits, as SQL knows it.',
  );
  let readRuns: (() => Promise<number>) | undefined;
  let readQueue: (() => Promise<QueueReading>) | undefined;
  return {
    takeovers: count('hector_takeovers_total', 'Runs that this process took over from a worker that died.'),
    fencedCommits: count(
      'hector_fenced_commits_total',
      'Commits of this process refused because the run was taken over or canceled meanwhile.',
    ),
    runsHeld: count('hector_runs_held_total', 'Runs that this process held for a person after their worker died.'),
    runsExpired: count('hector_runs_expired_total', 'Waiting or held runs that this process ended because their time was over.'),
    watchQueue(read) {
      readQueue = read;
    },
    watchRuns(read) {
      readRuns = read;
    },
    async render() {
      // While Redis or SQL is away, yesterday's numbers would look like today's: the series are left out instead.
      const [reading, unclaimedMs] = await Promise.all([readQueue?.().catch(() => undefined), readRuns?.().catch(() => undefined)]);
      set(waiting, reading?.waiting);
      set(next, toSeconds(reading?.nextWaitingMs));
      set(progress, toSeconds(reading?.lastProgressMs));
      set(unclaimed, toSeconds(unclaimedMs));
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function set(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}

function toSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
