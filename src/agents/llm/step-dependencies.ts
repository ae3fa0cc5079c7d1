import type { Clock } from '../../base/clock.js';
import type { AgentSettings, LlmPrice, LlmSettings } from '../../config/settings.js';
import type { Retriever } from '../../knowledge/search/retriever.js';
import type { CountTokens } from '../../memory/count-tokens.js';
import type { Logger } from '../../observe/log.js';
import type { Observer } from '../../observe/observer.js';
import type { LanguageModel } from '../../providers/llms/contract.js';
import type { CheckArguments } from '../../providers/tools/arguments.js';
import type { Tool, Toolset } from '../../providers/tools/contract.js';
import type { AuthorizeTool } from '../guardrails/tool-guard.js';
import type { InstructionSource } from './compose-instructions.js';
import type { AgentCustomization } from './customization.js';
import type { ToolHandleSources } from './tool-handles.js';

export interface LlmAgentOptions {
  /** Key in `agents`. */
  readonly name: string;
  readonly settings: AgentSettings;
  /** Built from `llms.<settings.llm>`. */
  readonly model: LanguageModel;
  /** The settings of that model which matter outside of it. */
  readonly llm: Pick<LlmSettings, 'maxToolOutputLength' | 'temperature' | 'maxTokens'> & Partial<Pick<LlmSettings, 'ollama'>>;
  readonly tools: readonly Tool[];
  /** Servers whose tools it has beside its own, asked for anew in each step (TOOL-53). Default: none. */
  readonly toolsets?: readonly Toolset[];
  readonly retriever: Retriever;
  /** Text of an artifact that an earlier run of the session put out, the newest version (SES-07). Default: there are none. */
  readonly findSessionArtifact?: ((taskId: string, name: string) => Promise<string | undefined>) | undefined;
  /** What tools in code may reach beside their arguments (TOOL-52). Default: nothing. */
  readonly toolHandles?: ToolHandleSources | undefined;
  /** Says of each call whether its tool may be called (GRD-09). Default: all may. */
  readonly authorizeTool?: AuthorizeTool | undefined;
  /** What code adds to it. Default: nothing. */
  readonly customization?: AgentCustomization | undefined;
  /** Those that hold for it, from the top of its tree. Default: none. */
  readonly globalInstructions?: readonly InstructionSource[];
  /** Sums up old messages. Default: its own model. */
  readonly summarizer?: { readonly llm: string; readonly model: LanguageModel } | undefined;
  /** By key in `llms`. Default: nothing has a price. */
  readonly findPrice?: (llm: string) => LlmPrice | undefined;
  /** Default: by the model's tokenizer. */
  readonly countTokens?: CountTokens;
  /** A wait for somebody ends after this, milliseconds; 0 = never. */
  readonly approvalExpiresAfterMs: number;
  /** `server.limits.max_tool_bytes`: of arguments, of a result's content and of its data. */
  readonly maxToolBytes: number;
  /** `server.limits.max_event_bytes`: of the text and of the thoughts of one answer. Default: unlimited. */
  readonly maxEventBytes?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: nobody hears of its calls. */
  readonly observer?: Observer | undefined;
}

export interface StepDependencies extends LlmAgentOptions {
  readonly checkArguments: CheckArguments;
  /** Loads what it needs when it is first asked for. */
  readonly getCountTokens: () => Promise<CountTokens>;
}

/** What the calls of an answer need; whose answer it is does not matter. */
export interface ToolStepOptions
  extends Pick<
    StepDependencies,
    'name' | 'tools' | 'approvalExpiresAfterMs' | 'maxToolBytes' | 'clock' | 'log' | 'checkArguments' | 'observer' | 'authorizeTool'
  > {
  readonly llm: Pick<StepDependencies['llm'], 'maxToolOutputLength'>;
  /** What tools in code may reach beside their arguments (TOOL-52). Default: nothing. */
  readonly toolHandles?: ToolHandleSources | undefined;
  /** Default: nothing but the model ends the run. */
  readonly settings?: Pick<AgentSettings, 'reasoning'> & Partial<Pick<AgentSettings, 'streaming'>>;
  readonly customization?: Pick<AgentCustomization, 'beforeTool' | 'afterTool'> | undefined;
}
