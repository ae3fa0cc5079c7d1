/** What `agents.<name>` of the configuration becomes. */

import type { JsonObject } from '../base/json.js';
import type { LlmAgentSettings } from './llm-agent-settings.js';
import type { RemoteAgentSettings } from './remote-settings.js';

export interface SkillSettings {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
  /** Empty: the agent's. */
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
}

/** What cards tell beyond the agent itself; `undefined` = not said. */
export interface CardSettings {
  readonly version: string | undefined;
  readonly documentationUrl: string | undefined;
  readonly iconUrl: string | undefined;
  readonly provider: { readonly organization: string; readonly url: string } | undefined;
}

/** Members that are `undefined` are the card's own. */
export interface ExtendedCardSettings {
  readonly description: string | undefined;
  readonly version: string | undefined;
  readonly documentationUrl: string | undefined;
  /** Who gets it; `undefined` = every authenticated caller. */
  readonly subjects: readonly string[] | undefined;
  readonly skills: readonly (SkillSettings & { readonly subjects: readonly string[] | undefined })[];
}

export interface ExtensionSettings {
  readonly uri: string;
  readonly description: string;
  readonly required: boolean;
  readonly params: JsonObject | undefined;
}

export interface AgentSettings extends LlmAgentSettings, Partial<RemoteAgentSettings> {
  readonly type: 'llm' | 'custom' | 'sequential' | 'parallel' | 'loop' | 'runner' | 'remote';
  /** Of `custom`: name of the registered code, by default the key. `undefined` for others. */
  readonly handler: string | undefined;
  /** It may answer with a Message in place of a task (S1). Default false. */
  readonly directMessages: boolean;
  /** Display name; default the key. */
  readonly name: string;
  readonly description: string;
  /** Key in `llms`; only `llm` agents have one (CFG-32). */
  readonly llm: string;
  readonly instruction: string;
  /** `undefined` = all tools; `[]` = none (CFG-31). */
  readonly tools: readonly string[] | undefined;
  readonly streaming: boolean;
  readonly visibility: 'public' | 'internal' | 'private';
  /** For callers with none of these it does not exist; `undefined` = it exists for all. */
  readonly allowedRoles: readonly string[] | undefined;
  readonly skills: readonly SkillSettings[];
  readonly card: CardSettings;
  /** `undefined`: none. */
  readonly extendedCard: ExtendedCardSettings | undefined;
  /** Beside those of the server. */
  readonly extensions: readonly ExtensionSettings[];
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  /** Keys in `document_stores`; every store when YAML omits the key (CFG-31). */
  readonly documentStores: readonly string[];
  readonly includeContext: boolean;
  readonly includeContextLimit: number;
  readonly includeContextMaxLength: number;
  readonly doubleTexting: 'enqueue' | 'reject' | 'interrupt' | 'rollback';
  /** Key in `guardrails` (GRD-01); `undefined` = nothing is checked. */
  readonly guardrails: string | undefined;
  /** MEM-05 */
  readonly search: { readonly enabled: boolean; readonly maxResults: number };
  readonly reasoning: ReasoningSettings;
  /** Keys in `agents`: of a workflow its members, of an `llm` agent those that it may hand over to. */
  readonly subAgents: readonly string[];
  /** Keys in `agents`: those that it calls as tools (AGT-23). */
  readonly agentTools: readonly string[];
  /** By key of the agent that is called. */
  readonly agentToolOptions: Readonly<Record<string, AgentToolSettings>>;
  /** Of a loop; 0 = until a member escalates. `undefined` for others. */
  readonly maxIterations: number | undefined;
  readonly disallowTransferToParent: boolean;
  readonly disallowTransferToPeers: boolean;
}

/** CFG-45 */
export interface ReasoningSettings {
  /** Reasoning of the model is shown to clients, in artifacts of its own. Default true. */
  readonly showThinking: boolean;
  readonly maxIterations: number;
  readonly enableExitTool: boolean;
  /** `undefined`: inside a loop, which nothing else would end (W-26). */
  readonly enableEscalateTool: boolean | undefined;
  readonly terminationConditions: readonly TerminationCondition[];
  /** In place of what the prompt says about the tools that end the work (AGT-09). */
  readonly completionInstruction: string | undefined;
}

/** AGT-02 */
export type TerminationCondition = 'no_tool_calls' | 'escalate' | 'transfer' | 'skip_summarization' | 'input_required';

export interface AgentToolSettings {
  /** Default false. */
  readonly requireApproval: boolean;
  readonly approvalPrompt: string | undefined;
  /** Its answer is the caller's. Default false. */
  readonly skipSummarization: boolean;
}
