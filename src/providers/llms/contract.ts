/** Contract of language models. Adapters live in `adapters/`, one per provider, and are known to `registry.ts` only. */
import type { JsonObject } from '../../base/json.js';
import type { SessionMessage } from '../../tasks/session-message.js';

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments object. */
  readonly parameters: JsonObject;
}

/** `structured_output` of an agent. */
export interface OutputSchema {
  readonly name: string;
  /** JSON Schema of the answer. */
  readonly schema: JsonObject;
  /** The provider's own strict mode, where it has one. */
  readonly strict: boolean;
}

export interface ModelRequest {
  /** System prompt; '' = none. */
  readonly system: string;
  /** Oldest first. Every tool call is followed by its result (AGT-28). */
  readonly messages: readonly SessionMessage[];
  readonly tools: readonly ToolDefinition[];
  /** The answer must be JSON that fits (AGT-60). A provider that cannot be held to it says so in `supportsOutputSchema`. */
  readonly output?: OutputSchema;
  /** Overrides of the model's own settings. */
  readonly temperature?: number;
  readonly maxTokens?: number;
}

/** Each provider counts differently; here the wholes hold their parts. */
export interface ModelUsage {
  /** All of the prompt, with what came from a cache or was written to one. */
  readonly inputTokens: number;
  /** All of the answer, with its thinking. */
  readonly outputTokens: number;
  /** Of the input: read from the provider's cache. */
  readonly cachedTokens?: number;
  /** Of the input: written to the provider's cache. */
  readonly cacheWriteTokens?: number;
  /** Of the output. */
  readonly thinkingTokens?: number;
}

/** Which of several models answered: `llms.<name>.fallback` may have led to another. */
export interface AnsweredBy {
  /** Key in `llms`. */
  readonly llm: string;
  readonly provider: string;
  readonly model: string;
}

export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter';

/** What a model answers, piece by piece. Ends with exactly one `finish`, or throws. */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string; readonly signature?: string }
  /** A whole call; `arguments` as the model wrote them, parsed. Unparsable arguments arrive as `invalidArguments`. */
  | {
      readonly type: 'tool_call';
      readonly id: string;
      readonly name: string;
      readonly arguments: JsonObject;
      readonly invalidArguments?: string;
    }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage?: ModelUsage; readonly answeredBy?: AnsweredBy };

export interface LanguageModel {
  /** `llms.<name>.provider`. */
  readonly provider: string;
  /** Model name as the provider knows it. */
  readonly model: string;
  /** The provider itself makes answers fit `output`; else the agent asks for it in words, checks and has it repaired. Default false. */
  readonly supportsOutputSchema?: boolean;
  /**
   * Calls the model. Aborting `signal` ends the request to the provider too (API-58).
   * @throws AppError `LLM_*`; its disposition tells whether to try again.
   */
  generate(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}
