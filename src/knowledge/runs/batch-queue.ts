/** Port to the queue of batches. A job is a hint: SQL says what is left of a batch, and whether anything is. Implemented by `steps/`. */

export interface BatchJob {
  readonly run: string;
  readonly number: number;
  readonly store: string;
  readonly pipeline: string;
  /** Contents that the scan had anyway, by document id. Lost with Redis: they are read from the source then. */
  readonly inline: Readonly<Record<string, InlineContent>>;
}

export interface InlineContent {
  readonly base64: string;
  readonly mediaType: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly version: string | undefined;
}

/** `later`: somebody else has the batch, or must. */
export type BatchTurn = { readonly type: 'done' } | { readonly type: 'later'; readonly inMs: number };

export interface BatchWorkerOptions {
  /** Batches at once. */
  readonly concurrency: number;
  /** One turn with a batch. `signal` aborts when the worker must end. A rejection brings the job again, later. */
  readonly process: (job: BatchJob, signal: AbortSignal) => Promise<BatchTurn>;
}

export interface BatchWorker {
  /** Takes no more batches; those under way have `budgetMs` to end, then they are aborted. Safe to call twice. */
  close(budgetMs: number): Promise<void>;
}

export interface BatchQueue {
  /** Never rejects: a job that could not be added is added again by the conductor. `again` names the further try; it goes first. */
  enqueue(job: BatchJob, again?: string): Promise<void>;
  /** Jobs that wait. @throws while Redis is away. */
  waiting(): Promise<number>;
  /** Workers of the deployment; `undefined` = the server does not tell. @throws while Redis is away. */
  countWorkers(): Promise<number | undefined>;
  /** Resolves when jobs can be taken. */
  startWorker(options: BatchWorkerOptions): Promise<BatchWorker>;
}
