/**
 * Ingestion as the rest of Hector asks for it: for good (the role `ingest`), or once and waited for (a command).
 *
 * Owns: the workers of this process, while it has any. Does not own: runs, documents and chunks, which are in SQL.
 */
import { AppError, describeError } from '../../base/errors.js';
import type { IngestProgress } from '../ingest-options.js';
import { followRun, toProgress } from './follow-run.js';
import { BY_COMMAND, type IngestMode, type IngestRun, isOpen } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';
import { IngestWorkers } from './ingest-workers.js';
import { storeLease } from './lease-names.js';
import { type PlannedAct, type PlannedDocument, planIngest } from './plan-ingest.js';
import { pollUntil } from './poll-until.js';
import type { RunDependencies } from './run-dependencies.js';
import { scanMode, startSourceWatch } from './source-watch.js';

export interface IngestRequest {
  /** All of the configuration when `undefined`. */
  readonly stores: readonly string[] | undefined;
  /** Default: `check`, or `changes` where `incremental_indexing` is on. */
  readonly mode?: IngestMode | undefined;
  /** Default `command`. */
  readonly by?: string;
}

export interface IngestResult extends IngestProgress {
  /** Set when the store as a whole could not be ingested; other stores are not concerned. Not logged: the caller tells it. */
  readonly error?: AppError;
  /** Set when all is in the database and the index could not follow yet, which it goes on trying. Not logged either. */
  readonly warning?: string;
}

export type OnProgress = (progress: IngestProgress) => void;

export class Ingester {
  readonly #stores: ReadonlyMap<string, IngestStore>;
  readonly #dependencies: RunDependencies;
  readonly #closing = new AbortController();
  #workers: Promise<IngestWorkers> | undefined;
  /** Who waits for its runs with this process's workers. */
  #users = 0;
  #isForGood = false;
  #stopWatch: (() => Promise<void>) | undefined;

  constructor(stores: ReadonlyMap<string, IngestStore>, dependencies: RunDependencies) {
    this.#stores = stores;
    this.#dependencies = dependencies;
  }

  /** The role `ingest`: works, conducts, watches, until `close()`. Does not wait for anything to be ingested (RAG-30). */
  async start(): Promise<void> {
    const { runs, clock, log } = this.#dependencies;
    this.#isForGood = true;
    await this.#startWorkers();
    const stores = [...this.#stores.values()];
    const begin = async (store: IngestStore, mode: IngestMode, by: string) => void (await this.#begin(store, mode, by));
    this.#stopWatch = startSourceWatch({ stores, runs, begin, clock, log });
  }

  /** Queues runs; whoever has the role `ingest` does them. @throws AppError `DOCUMENT_STORE_NOT_FOUND` */
  async begin(request: IngestRequest): Promise<readonly IngestRun[]> {
    const { by = BY_COMMAND } = request;
    return await Promise.all(this.#named(request.stores).map((store) => this.#begin(store, request.mode ?? scanMode(store), by)));
  }

  /**
   * Brings stores up to date and waits for it: by the processes with the role `ingest`, and where there is none, by this one. Resolves
   * when what was ingested is also searchable here, or is known not to be yet (`warning`). An aborted signal rejects with its reason; nothing committed is lost.
   * @throws AppError `DOCUMENT_STORE_NOT_FOUND`
   */
  async ingest(request: IngestRequest, onProgress: OnProgress | undefined, signal: AbortSignal): Promise<readonly IngestResult[]> {
    const stores = this.#named(request.stores);
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const isAlone = this.#workers === undefined && (await this.#countWorkers()) === 0;
    if (isAlone) await this.#endAbandoned(stores, either);
    const runs = await this.begin(request);
    const stopWorking = isAlone || this.#workers !== undefined ? await this.#work() : this.#workUnlessTaken(runs);
    try {
      return await Promise.all(runs.map((run) => this.#follow(run, onProgress, either)));
    } catch (error) {
      // Nobody else would go on with it, and the next command begins one of its own.
      if (isAlone && signal.aborted)
        for (const run of runs) await this.#dependencies.runs.cancel(run.id, 'Interrupted', this.#dependencies.clock.now());
      throw error;
    } finally {
      await stopWorking();
    }
  }

  /** @throws AppError `DOCUMENT_STORE_NOT_FOUND`, and what the source throws */
  async plan(
    name: string,
    mode: IngestMode | undefined,
    onDocument: (document: PlannedDocument) => void,
    signal: AbortSignal,
  ): Promise<Readonly<Record<PlannedAct, number>>> {
    const [store] = this.#named([name]) as [IngestStore];
    // Versions are what can be compared without reading.
    return await planIngest(store, mode ?? 'changes', this.#dependencies, onDocument, signal);
  }

  /** Lets others go on. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing.abort(new AppError('STEP_ABORTED', { message: 'The document stores are being closed' }));
    await this.#stopWatch?.();
    await (await this.#workers)?.close(CLOSE_MS);
    this.#workers = undefined;
    await Promise.all([...this.#stores.values()].map(({ source }) => source.close?.()));
  }

  #named(names: readonly string[] | undefined): readonly IngestStore[] {
    return (names ?? [...this.#stores.keys()]).map((name) => {
      const store = this.#stores.get(name);
      if (store !== undefined) return store;
      throw new AppError('DOCUMENT_STORE_NOT_FOUND', {
        message: `There is no document store '${name}'; document_stores has ${[...this.#stores.keys()].join(', ') || 'none'}`,
      });
    });
  }

  async #begin({ name, pipeline }: IngestStore, mode: IngestMode, by: string): Promise<IngestRun> {
    const { runs, clock } = this.#dependencies;
    const run = await runs.begin({ store: name, pipeline, mode, by, at: clock.now() });
    void this.#workers?.then((workers) => workers.wake());
    return run;
  }

  #startWorkers(): Promise<IngestWorkers> {
    this.#workers ??= IngestWorkers.start(this.#stores, this.#dependencies).catch((error: unknown) => {
      this.#workers = undefined;
      throw error;
    });
    return this.#workers;
  }

  /** This process works until the result is called by everybody who has one. */
  async #work(): Promise<() => Promise<void>> {
    this.#users += 1;
    const workers = await this.#startWorkers();
    workers.wake();
    return async () => {
      this.#users -= 1;
      if (this.#users > 0 || this.#isForGood) return;
      this.#workers = undefined;
      await workers.close(CLOSE_MS);
    };
  }

  /** Others are there; but they may be of another configuration, or stuck. */
  #workUnlessTaken(runs: readonly IngestRun[]): () => Promise<void> {
    const { runs: store, clock, log } = this.#dependencies;
    const stop = new AbortController();
    const working = (async () => {
      await clock.sleep(PATIENCE_MS, stop.signal);
      const now = await Promise.all(runs.map((run) => store.find(run.id)));
      if (now.every((run) => run === undefined || run.state !== 'queued')) return undefined;
      log.info('no process with the role ingest takes the run: this one does it');
      return await this.#work();
    })().catch((error: unknown) => {
      if (!stop.signal.aborted) log.warn({ err: error }, 'this process cannot take part in the ingestion');
      return undefined;
    });
    return async () => {
      stop.abort();
      await (await working)?.();
    };
  }

  async #countWorkers(): Promise<number | undefined> {
    return await this.#dependencies.queue.countWorkers();
  }

  /** Runs that a process left when it died, and that nobody is there to go on with. */
  async #endAbandoned(stores: readonly IngestStore[], signal: AbortSignal): Promise<void> {
    const { runs, leases, clock } = this.#dependencies;
    for (const { name } of stores) {
      const open = (await runs.open()).filter((run) => run.store === name && run.state !== 'queued');
      if (open.length === 0) continue;
      // Until the dead one's lease has ended, it might as well live.
      const isOver = async () => !(await leases.held([storeLease(name)])).has(storeLease(name)) || (await this.#countWorkers()) !== 0;
      await pollUntil(isOver, clock, signal);
      if ((await leases.held([storeLease(name)])).has(storeLease(name))) continue;
      for (const run of open) await runs.cancel(run.id, 'Whoever conducted it has died; a new run goes on', clock.now());
    }
  }

  async #follow(begun: IngestRun, onProgress: OnProgress | undefined, signal: AbortSignal): Promise<IngestResult> {
    const { runs, clock } = this.#dependencies;
    const onRun = (run: IngestRun) => {
      if (isOpen(run)) onProgress?.(toProgress(run));
    };
    const run = await followRun(begun, { runs, clock, onRun }, signal);
    const store = this.#stores.get(run.store) as IngestStore;
    const warning = await store.catchUp().then(
      () => undefined,
      (failure: unknown) => {
        signal.throwIfAborted();
        return notSearchable(run.store, failure);
      },
    );
    onProgress?.(toProgress(run));
    const { error } = run;
    return {
      ...toProgress(run),
      ...(error === undefined ? {} : { error: new AppError(error.code, { message: error.message }) }),
      ...(warning === undefined ? {} : { warning }),
    };
  }
}

function notSearchable(store: string, failure: unknown): string {
  return `what was ingested into '${store}' cannot be found by meaning yet: ${describeError(failure)}. It is all in the database; whoever searches the store brings its index up to date as soon as it can`;
}

/** For batches under way. */
const CLOSE_MS = 10_000;
const PATIENCE_MS = 5_000;
