/** What `search_memory` needs of the index of sessions; `memory/recall/search-recall.ts` fits it. */
import type { MemorySearchOptions, RememberedMessage } from './contract.js';

export interface MemorySearch {
  search(question: string, options: MemorySearchOptions, signal: AbortSignal): Promise<readonly RememberedMessage[]>;
}
