/**
 * Contract of ingest runs: what one pass over a document store has come to, as SQL has it. Implemented by `storage/sql`.
 *
 * I1 A store has at most one run at work and one that is queued behind it, whatever asks for more is merged into the queued one.
 * I2 A run is conducted by whoever took it last: every write of a conductor carries the run's epoch, and an older one changes nothing.
 * I3 A batch is worked off by whoever took it last: every commit carries the batch's epoch, and an older one changes nothing.
 * I4 The commit of documents, of what is left of their batch and of the run's counts is one transaction: a batch that is taken again
 *   has in it only what was not committed, and nothing is counted twice.
 * I5 A document carries the run that saw it last (`seen_run`): a scan that begins anew passes over what its run has dealt with, and
 *   what a finished scan has not seen is gone.
 */
import type { ErrorCode } from '../../base/errors.js';
import type { DocumentRecord, FailDocument } from '../chunk-store.js';
import type { DocumentReference, RunFence } from './ingest-fence.js';

/**
 * What a run does, the weakest first; two wishes make the stronger one.
 * `changes`: documents whose source shows another version; `retry`: these and the failed ones; `check`: everything is read, and embedded
 * where the content differs; `all`: everything is embedded anew.
 */
export const INGEST_MODES = ['changes', 'retry', 'check', 'all'] as const;
export type IngestMode = (typeof INGEST_MODES)[number];

/** Whoever asked waits for the end and tells how it went. */
export const BY_COMMAND = 'command';

/** `removing` comes after a whole scan; `indexing` waits for the batches that are left. */
export type IngestState = 'queued' | 'scanning' | 'removing' | 'indexing' | 'finished' | 'failed' | 'canceled';

export interface IngestCounts {
  /** Documents that the source showed so far. */
  readonly total: number;
  /** Indexed anew. `done + skipped + failed` grows to `total`. */
  readonly done: number;
  /** As they were indexed. */
  readonly skipped: number;
  readonly failed: number;
  /** Gone from the source, hence from the index. */
  readonly removed: number;
  /** Chunks committed. */
  readonly chunks: number;
}

export interface IngestRun extends IngestCounts {
  /** Sorts by age. */
  readonly id: string;
  readonly store: string;
  /** Fingerprint of what documents are prepared and embedded with; a process configured otherwise has no part in the run. */
  readonly pipeline: string;
  readonly mode: IngestMode;
  /** Who asked: `start`, `watch`, `interval`, `command` or `api <caller>`. */
  readonly by: string;
  readonly state: IngestState;
  /** Raised by every take. */
  readonly epoch: number;
  /** Folders that could not be listed; `undefined` = nothing may be taken as deleted. Known after the scan. */
  readonly unlisted: readonly string[] | undefined;
  /** Why it failed, or will when its batches are done. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | undefined;
  readonly createdAt: number;
  /** 0 = not taken yet. */
  readonly startedAt: number;
  readonly updatedAt: number;
  /** 0 = it goes on. */
  readonly finishedAt: number;
}

export interface NewBatch {
  readonly number: number;
  readonly documents: readonly DocumentReference[];
}

export interface OpenBatch {
  readonly number: number;
  /** 0 = nobody took it yet. */
  readonly epoch: number;
}

export interface TakenBatch {
  readonly run: IngestRun;
  readonly number: number;
  readonly epoch: number;
  /** What is left of it. */
  readonly documents: readonly DocumentReference[];
}

export interface ScanPage {
  readonly collection: string;
  /** All recorded documents of the page. */
  readonly seen: readonly string[];
  /** Documents that nobody recorded before: they are, as pending. */
  readonly added: readonly { readonly id: string; readonly sourcePath: string }[];
  readonly problems: readonly FailDocument[];
  readonly batches: readonly NewBatch[];
  readonly counts: Pick<IngestCounts, 'total' | 'skipped' | 'failed'>;
}

export interface BeginRun {
  readonly store: string;
  readonly pipeline: string;
  readonly mode: IngestMode;
  readonly by: string;
  readonly at: number;
}

export interface DocumentCounts {
  readonly indexed: number;
  readonly failed: number;
  /** Seen by a scan, not worked off yet. */
  readonly pending: number;
  /** Taken out by a person. */
  readonly deleted: number;
  readonly chunks: number;
}

export interface DocumentQuery {
  readonly store: string;
  /** `undefined`: all but those that are gone from the source. */
  readonly status: DocumentRecord['status'] | undefined;
  /** Part of the last error. */
  readonly error: string | undefined;
  readonly afterKey: string;
  readonly limit: number;
}

export interface StoredText {
  readonly index: number;
  readonly text: string;
  readonly startLine: number;
  readonly endLine: number;
}

export interface IngestRunStore {
  /** A queued run, a new one or the one there is (I1). */
  begin(request: BeginRun): Promise<IngestRun>;
  find(id: string): Promise<IngestRun | undefined>;
  /** Runs that have not ended, the oldest first. */
  open(): Promise<readonly IngestRun[]>;
  /** The newest first, before `before` ('' = from the newest). */
  list(query: { readonly store: string | undefined; readonly before: string; readonly limit: number }): Promise<readonly IngestRun[]>;
  /** `undefined`: it has ended, or an older one of its store has not. */
  take(id: string, at: number): Promise<IngestRun | undefined>;
  /** @throws AppError `INGEST_LOST` (I2), as all that follow */
  recordPage(fence: RunFence, store: string, page: ScanPage, at: number): Promise<void>;
  endScan(fence: RunFence, outcome: Pick<IngestRun, 'unlisted' | 'error'>, at: number): Promise<IngestRun>;
  /** Nothing more is removed; the batches are waited for. */
  endRemoval(fence: RunFence, error: IngestRun['error'], at: number): Promise<IngestRun>;
  /** `failed` when it has an error. Forgets all but the newest ended runs of the store. */
  end(fence: RunFence, at: number): Promise<IngestRun>;
  /** Its batches are dropped; what was committed stays. `undefined`: no such run, or it has ended. */
  cancel(id: string, reason: string, at: number): Promise<IngestRun | undefined>;
  /** As `cancel`, for what no document is to blame for. */
  fail(id: string, error: NonNullable<IngestRun['error']>, at: number): Promise<IngestRun | undefined>;
  /** The first batches that are not done, by number. */
  batches(run: string, limit: number): Promise<readonly OpenBatch[]>;
  /** `undefined`: it is done, or its run has ended. */
  takeBatch(run: string, number: number): Promise<TakenBatch | undefined>;
  /** Documents of the store that the run has not seen and that are not gone already, by key. */
  unseen(store: string, run: string, afterKey: string, limit: number): Promise<readonly DocumentRecord[]>;
  documentCounts(store: string): Promise<DocumentCounts>;
  documents(query: DocumentQuery): Promise<readonly DocumentRecord[]>;
  /** Chunks of a document, from `fromIndex` on. */
  texts(store: string, id: string, fromIndex: number, limit: number): Promise<readonly StoredText[]>;
  /** The next run of its store reads and embeds the document again, whatever its version; the present chunks stay. `false`: unknown. */
  forgetVersion(store: string, id: string): Promise<boolean>;
}

export function isOpen({ state }: Pick<IngestRun, 'state'>): boolean {
  return state !== 'finished' && state !== 'failed' && state !== 'canceled';
}

export function batchKey(run: string, number: number): string {
  return `${run}.${number}`;
}
