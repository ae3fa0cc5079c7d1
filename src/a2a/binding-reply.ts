/** What a binding answers, before any transport: `http/` writes it out. */
export type BindingReply =
  | { readonly type: 'json'; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  /** Server-sent events; closing the iterator detaches, it never cancels the task (R6). */
  | {
      readonly type: 'stream';
      readonly headers: Readonly<Record<string, string>>;
      readonly events: AsyncIterable<ServerSentEvent>;
      /** The binding's error body, one line of JSON, for a failure that `events` throws (T10). */
      readonly describeFailure: (error: unknown) => string;
    };

export interface ServerSentEvent {
  /** Cursor (R10). */
  readonly id?: string;
  /** `event:` field; absent for ordinary messages, `error` for a failure in mid-stream (T10). */
  readonly event?: string;
  /** One line of JSON. */
  readonly data: string;
}

/** What a binding needs to know of a request. */
export interface BindingRequest {
  /** Key of the addressed agent, as in the path; '' = the default one, where a path can say so. */
  readonly agent: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  /** Base URL of this server as the client sees it, without trailing slash. */
  readonly baseUrl: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}
