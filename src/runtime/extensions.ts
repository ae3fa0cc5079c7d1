import type { AgentHandler } from '../agents/custom/handler.js';
import type { AgentCustomization } from '../agents/llm/customization.js';
import type { SearchSettings } from '../config/search-settings.js';
import type { LlmSettings } from '../config/settings.js';
import type { Reranker } from '../knowledge/search/reranker.js';
import type { LanguageModel } from '../providers/llms/contract.js';
import type { Tool } from '../providers/tools/contract.js';

/** What code adds to a configuration (ARC-10). */
export interface Extensions {
  /** Builds the model for `llms.<name>`; `undefined` leaves it to the built-in providers. */
  readonly createLanguageModel?: (name: string, settings: LlmSettings) => LanguageModel | undefined;
  /** Puts what a document store with `enable_rerank` finds in order, such as a cross-encoder; `undefined` leaves it to the store's `rerank_llm`. */
  readonly createReranker?: (store: string, settings: SearchSettings) => Reranker | undefined;
  /** Tools that agents may use beside the configured ones, by `agents.<name>.tools`. */
  readonly tools?: readonly Tool[];
  /** Code of `type: custom` agents, by `agents.<name>.handler`. */
  readonly handlers?: ReadonlyMap<string, AgentHandler>;
  /** What code adds to agents of `type: llm`, by key in `agents`. */
  readonly customizations?: ReadonlyMap<string, AgentCustomization>;
}
