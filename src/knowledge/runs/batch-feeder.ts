/**
 * Hands a run's batches to the workers, and again when a worker died or Redis lost the job.
 *
 * Owns: which batches have a job, as far as this conductor knows; at most `WINDOW` of a run do, the oldest, so what waits in Redis is
 * bounded while the scan may go ahead. A job more than needed does no harm (I3): who comes second finds the batch done, or in somebody's
 * hands.
 */
import { describeError } from '../../base/errors.js';
import type { SourceDocument } from '../sources/document-source.js';
import { packContents } from './batch-job.js';
import type { IngestRun, OpenBatch } from './ingest-run.js';
import { batchLease } from './lease-names.js';
import type { RunDependencies } from './run-dependencies.js';

type FeederDependencies = Pick<RunDependencies, 'runs' | 'queue' | 'leases' | 'clock' | 'log'>;

export class BatchFeeder {
  readonly #run: IngestRun;
  readonly #dependencies: FeederDependencies;
  /** When a batch was given a job, by number. */
  readonly #fed = new Map<number, number>();
  /** Epochs of batches that nobody held at the last look. */
  #idle = new Map<number, number>();
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(run: IngestRun, dependencies: FeederDependencies) {
    this.#run = run;
    this.#dependencies = dependencies;
  }

  /** The batch is going to be fed with its contents: no look may be quicker. */
  reserve(number: number): void {
    this.#fed.set(number, this.#dependencies.clock.monotonic());
  }

  async feed(number: number, documents: readonly SourceDocument[]): Promise<void> {
    this.reserve(number);
    const { id: run, store, pipeline } = this.#run;
    await this.#dependencies.queue.enqueue({ run, store, pipeline, number, inline: packContents(documents) });
  }

  /** Looks until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#dependencies;
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => {
        if (!signal.aborted) log.debug({ reason: describeError(error) }, 'batches could not be looked at; they are again');
      });
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { runs, clock } = this.#dependencies;
    const nowMs = clock.monotonic();
    const open = await runs.batches(this.#run.id, WINDOW);
    for (const { number, epoch } of open) {
      if (epoch === 0 && (this.#fed.get(number) ?? Number.NEGATIVE_INFINITY) < nowMs - ADD_AGAIN_MS) await this.feed(number, []);
    }
    const [oldest] = open;
    for (const number of this.#fed.keys()) if (oldest !== undefined && number < oldest.number) this.#fed.delete(number);
    if (nowMs - this.#lookedAtMs < LEASE_LOOK_MS) return;
    this.#lookedAtMs = nowMs;
    await this.#addOrphans(open.filter(({ epoch }) => epoch > 0));
  }

  async #addOrphans(taken: readonly OpenBatch[]): Promise<void> {
    const { leases, queue } = this.#dependencies;
    const { id: run, store, pipeline } = this.#run;
    const held = await leases.held(taken.map(({ number }) => batchLease(run, number)));
    const free = taken.filter(({ number }) => !held.has(batchLease(run, number)));
    for (const { number, epoch } of free) {
      // Twice in a row: at the first look it may have been given back and be just about to be done.
      if (this.#idle.get(number) === epoch) await queue.enqueue({ run, store, pipeline, number, inline: {} }, `t${epoch}`);
    }
    this.#idle = new Map(free.map(({ number, epoch }) => [number, epoch]));
  }
}

const WINDOW = 64;
const LOOK_MS = 50;
const LEASE_LOOK_MS = 250;
/** A job that is still there swallows another one of its name. */
const ADD_AGAIN_MS = 3_000;
