/**
 * Begins runs without anybody asking: at the start (RAG-30), when a source says that something changed (RAG-33), every now and then.
 *
 * Owns: the watches and the timer of the stores. Does not own: what is done about it. A change that comes while its store's run is at work
 * begins another one behind it (I1), so no event is lost for want of a place to keep it (W-81).
 */
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { describeError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { IngestMode, IngestRunStore } from './ingest-run.js';
import type { IngestStore } from './ingest-store.js';

export interface SourceWatchOptions {
  readonly stores: readonly IngestStore[];
  readonly runs: Pick<IngestRunStore, 'list'>;
  readonly begin: (store: IngestStore, mode: IngestMode, by: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The result ends it and waits for its end. */
export function startSourceWatch(options: SourceWatchOptions): () => Promise<void> {
  const closing = new AbortController();
  const ended = Promise.all(options.stores.map((store) => watchStore(store, options, closing.signal)));
  return async () => {
    closing.abort();
    await ended;
  };
}

/** Never rejects. */
async function watchStore(store: IngestStore, options: SourceWatchOptions, signal: AbortSignal): Promise<void> {
  const { settings, source } = store;
  await beginPatiently(store, scanMode(store), 'start', options, signal);
  const { watch } = settings;
  const canWatch = source.watch !== undefined;
  const intervalMs = settings.indexing.rescanIntervalMs ?? (watch && !canWatch ? UNWATCHED_MS : 0);
  await Promise.all([
    watch && canWatch ? followChanges(store, options, signal) : undefined,
    intervalMs > 0 ? rescan(store, intervalMs, options, signal) : undefined,
  ]);
}

/** Until it watches; from then on the source calls. A watch that cannot be had is tried again, and each time everything is compared. */
async function followChanges(store: IngestStore, options: SourceWatchOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const onChange = () => void beginPatiently(store, 'changes', 'watch', options, signal);
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      await store.source.watch?.(onChange, signal);
      // What changed between the scan at the start and now was not heard.
      if (!signal.aborted) onChange();
      return;
    } catch (error) {
      if (signal.aborted) return;
      const waitMs = backoffMs(failures, WATCH_AGAIN);
      log.warn(
        { store: store.name, reason: describeError(error) },
        `the source cannot be watched; tried again in ${Math.round(waitMs / 1_000)} s`,
      );
      await clock.sleep(waitMs, signal).catch(() => undefined);
      if (!signal.aborted) onChange();
    }
  }
}

/** Counted from when a run of the store last began, whoever did it: so many processes make no more of them. */
async function rescan(store: IngestStore, intervalMs: number, options: SourceWatchOptions, signal: AbortSignal): Promise<void> {
  const { runs, clock, log } = options;
  while (!signal.aborted) {
    let waitMs = intervalMs;
    try {
      const [latest] = await runs.list({ store: store.name, before: '', limit: 1 });
      waitMs = (latest?.createdAt ?? 0) + intervalMs - clock.now();
      if (waitMs <= 0) {
        await beginPatiently(store, scanMode(store), 'interval', options, signal);
        waitMs = intervalMs;
      }
    } catch (error) {
      log.debug({ store: store.name, reason: describeError(error) }, 'when the store was last scanned is not known');
    }
    await clock.sleep(Math.max(MIN_WAIT_MS, Math.min(waitMs, MAX_WAIT_MS)), signal).catch(() => undefined);
  }
}

async function beginPatiently(
  store: IngestStore,
  mode: IngestMode,
  by: string,
  options: SourceWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { begin, clock, log } = options;
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      await begin(store, mode, by);
      return;
    } catch (error) {
      log.warn({ store: store.name, reason: describeError(error) }, 'an ingest run could not be begun; it is tried again');
      await clock.sleep(backoffMs(failures, BEGIN_AGAIN), signal).catch(() => undefined);
    }
  }
}

/** What a scan that nobody said more about does. */
export function scanMode({ settings }: IngestStore): IngestMode {
  return settings.incrementalIndexing ? 'changes' : 'check';
}

const UNWATCHED_MS = 300_000;
const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 60_000;
const WATCH_AGAIN = { baseMs: 1_000, maxMs: 60_000 };
const BEGIN_AGAIN = { baseMs: 500, maxMs: 15_000 };
