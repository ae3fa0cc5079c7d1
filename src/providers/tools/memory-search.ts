/** What `search_memory` needs of the index of sessions; `memory/recall/search-recall.ts` fits it. */
export interface RememberedMessage {
  readonly sessionId: string;
  readonly contextId: string;
  readonly messageId: string;
  /** `user`, or the agent's key. */
  readonly author: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly content: string;
  /** 0–1, higher is nearer. */
  readonly score: number;
}

export interface MemorySearchOptions {
  /** The run that asks: it finds what its caller and the agent that the caller addressed have said, and nothing else. */
  readonly taskId: string;
  readonly limit: number;
  /** Also of the session that the run belongs to. */
  readonly includesCurrent: boolean;
}

export interface MemorySearch {
  search(question: string, options: MemorySearchOptions, signal: AbortSignal): Promise<readonly RememberedMessage[]>;
}
