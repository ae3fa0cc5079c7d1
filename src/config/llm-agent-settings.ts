/** What agents with a model are told, read, answer with and may use up; part of `AgentSettings`. */
import type { JsonObject } from '../base/json.js';

export interface LlmAgentSettings {
  readonly prompt: PromptSettings;
  /** `none`: of the session, it reads what belongs to its own run (AGT-15). */
  readonly includeContents: 'default' | 'none';
  readonly context: ContextSettings;
  readonly structuredOutput: StructuredOutputSettings | undefined;
  /** Key of the session's state that gets its answers; `undefined`: none. */
  readonly outputKey: string | undefined;
  /** JSON Schema of its arguments where it is called as a tool. Default: `{ request: text }`. */
  readonly inputSchema: JsonObject | undefined;
  readonly limits: RunLimitSettings;
  /** Reasoning of the model is shown to clients, in artifacts of its own. Default true. */
  readonly showThinking: boolean;
}

/** AGT-10: `globalInstruction`s from the top of the tree, role, instruction, guidance. */
export interface PromptSettings {
  /** For the agent and all that it reaches by `sub_agents`; '' = none. */
  readonly globalInstruction: string;
  /** Keys of the agents whose `globalInstruction` it follows, from the top of its tree; the last one is itself. */
  readonly globalInstructionsOf: readonly string[];
  readonly role: string;
  readonly guidance: string;
  /** In place of `instruction`. */
  readonly systemPrompt: string | undefined;
}

/** CFG-40 */
export interface ContextSettings {
  readonly strategy: 'none' | 'buffer_window' | 'token_window' | 'summary_buffer';
  /** Messages. Default 20. */
  readonly windowSize: number;
  /** Tokens. Default 8,000. */
  readonly budget: number;
  /** Share of the budget above which old messages are summed up. Default 0.85. */
  readonly threshold: number;
  /** Share of the budget that is left then. Default 0.7. */
  readonly target: number;
  /** Newest messages that are never left out. Default 5. */
  readonly preserveRecent: number;
  /** Key in `llms`; `undefined`: the agent's own. */
  readonly summarizerLlm: string | undefined;
}

/** AGT-60 */
export interface StructuredOutputSettings {
  readonly name: string;
  /** JSON Schema of the answer. */
  readonly schema: JsonObject;
  readonly strict: boolean;
  /** Further tries after an answer that does not fit. Default 2. */
  readonly maxRepairs: number;
}

/** Of one run; `undefined`: no limit. */
export interface RunLimitSettings {
  /** Input and output together. */
  readonly maxTokens: number | undefined;
  /** In the currency of `llms.<name>.price`. */
  readonly maxCost: number | undefined;
  /** Work, without waits for somebody, milliseconds. */
  readonly maxDurationMs: number | undefined;
}
