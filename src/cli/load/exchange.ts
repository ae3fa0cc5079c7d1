/** One kind of request, and how its answer is judged. */
export interface Exchange {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Made anew for each request where they must differ, as message ids do (R11). */
  readonly body?: string | (() => string);
  readonly startReader: () => AnswerReader;
}

/** Reads one answer. */
export interface AnswerReader {
  onHead(status: number, contentType: string): void;
  /** `nowMs`, monotonic: when it came. The chunk is lent until this returns. */
  onData(chunk: Buffer, nowMs: number): void;
  /** `undefined`: the answer is what was asked for; else what is wrong with it, in a few words that many answers share. */
  judge(): string | undefined;
  /** When the first text came, of those that stream. */
  readonly firstTextAtMs?: number | undefined;
  /** Events of a stream so far. */
  readonly events?: number;
}
