/** Contract of search engines: who answers `web_search` (TOOL-70). */

export interface WebSearchQuery {
  readonly query: string;
  /** At most so many results. */
  readonly limit: number;
}

export interface WebSearchResult {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
}

export interface WebSearchEngine {
  /** Its word in `tools.<name>.engine`. */
  readonly name: string;
  /** Best first. @throws AppError `TOOL_FAILED` with what to change, `OUTBOUND_TIMEOUT`, or the reason of the aborted signal. */
  search(query: WebSearchQuery, signal: AbortSignal): Promise<readonly WebSearchResult[]>;
}

export type EngineChoice =
  | { readonly type: 'engine'; readonly engine: WebSearchEngine }
  /** What has to be set, in words. */
  | { readonly type: 'missing'; readonly cure: string };

/** Asks the engine's service and gives the JSON it answered with; redirects, statuses, time and size are looked after. */
export type AskService = (request: ServiceRequest, signal: AbortSignal) => Promise<unknown>;

export interface ServiceRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}
