/** Who may write for a run, and for a batch of it (see `ingest-run.ts`, I2–I4). */
import type { SourceDocument } from '../sources/document-source.js';

/** A document as a batch names it: enough for `DocumentSource.read` in any process. */
export type DocumentReference = Omit<SourceDocument, 'content'>;

/** One conductor's right to write (I2). */
export interface RunFence {
  readonly run: string;
  readonly epoch: number;
}

/** One worker's right to commit, and what is left of its batch after the commit (I3, I4). */
export interface BatchFence {
  readonly run: string;
  readonly number: number;
  readonly epoch: number;
  readonly left: readonly DocumentReference[];
}

export type CommitFence = ({ readonly type: 'run' } & RunFence) | ({ readonly type: 'batch' } & BatchFence);
