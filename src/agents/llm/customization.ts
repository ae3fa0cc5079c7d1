/**
 * What code adds to an agent of the configuration (AGT-04, AGT-14, AGT-67). All of it may run again after a crash, for a step that was
 * not committed: what must not be repeated belongs into a tool.
 */
import { AppError } from '../../base/errors.js';
import type { JsonObject } from '../../base/json.js';
import type { FinishReason, ModelRequest, ModelUsage } from '../../providers/llms/contract.js';
import type { ToolResult } from '../../providers/tools/contract.js';
import type { SessionMessage, SessionPart } from '../../tasks/session-message.js';
import type { SessionState } from '../../tasks/session-state.js';

/** What all of it is told (PRG-14). */
export interface InvocationContext {
  readonly taskId: string;
  readonly contextId: string;
  /** Key in `agents`. */
  readonly agent: string;
  readonly owner: string;
  /** Model calls of this run before this one. */
  readonly iteration: number;
  readonly sessionState: SessionState;
  readonly signal: AbortSignal;
}

/** What a model answered, or is to have answered. */
export interface ModelAnswer {
  /** Text, thinking and tool calls in their order. */
  readonly parts: readonly SessionPart[];
  readonly reason: FinishReason;
  readonly usage?: ModelUsage | undefined;
}

export interface ToolCallInfo {
  readonly callId: string;
  readonly tool: string;
  /** Validated, with the defaults of the tool's schema. */
  readonly arguments: JsonObject;
}

type Maybe<Value> = Value | undefined | Promise<Value | undefined>;

/** `undefined` changes nothing. */
export interface AgentCallbacks {
  /** Before a run begins: a text is its answer, and nothing else happens. */
  beforeAgent?(context: InvocationContext, message: SessionMessage | undefined): Maybe<string>;
  /** When a run ends well: a text replaces its answer. */
  afterAgent?(context: InvocationContext, answer: string): Maybe<string>;
  /** An answer replaces the model call. */
  beforeModel?(context: InvocationContext, request: ModelRequest): Maybe<ModelAnswer>;
  /** Another answer replaces the model's, before anybody sees it. */
  afterModel?(context: InvocationContext, answer: ModelAnswer): Maybe<ModelAnswer>;
  /** A result replaces the call: the tool does not run, an agent tool's run does not begin, a control tool ends nothing. */
  beforeTool?(context: InvocationContext, call: ToolCallInfo): Maybe<ToolResult>;
  /** Another result replaces the tool's, before it is recorded; a control tool whose result was changed ends nothing. */
  afterTool?(context: InvocationContext, call: ToolCallInfo, result: ToolResult): Maybe<ToolResult>;
}

/** Replaces a text of the configuration; its own `{name}`s are left alone. */
export type InstructionProvider = (context: InvocationContext) => string | Promise<string>;

/** One stage of the way from a session to a request, or from an answer to what counts. */
export interface Stage<Value> {
  readonly name: string;
  run(value: Value, context: InvocationContext): Value | Promise<Value>;
}

export interface AgentCustomization extends AgentCallbacks {
  /** In place of `agents.<name>.instruction` and `prompt.system_prompt`. */
  readonly instruction?: InstructionProvider;
  /** In place of `agents.<name>.global_instruction`, for the whole tree below it. */
  readonly globalInstruction?: InstructionProvider;
  /** The stages that make a request: those of the program by their names (`config`, `instruction`, `tools`, `history`, `context`). */
  readonly requestPipeline?: (stages: readonly Stage<ModelRequest>[]) => readonly Stage<ModelRequest>[];
  /** The stages that an answer passes: `thinking`, `logging`. */
  readonly responsePipeline?: (stages: readonly Stage<ModelAnswer>[]) => readonly Stage<ModelAnswer>[];
}

const KEYS: Readonly<Record<keyof AgentCustomization, true>> = {
  beforeAgent: true,
  afterAgent: true,
  beforeModel: true,
  afterModel: true,
  beforeTool: true,
  afterTool: true,
  instruction: true,
  globalInstruction: true,
  requestPipeline: true,
  responsePipeline: true,
};

/** @throws AppError `CONFIG_INVALID`: code under a misspelt name would never be called */
export function assertCustomization(agent: string, customization: AgentCustomization): void {
  for (const [key, value] of Object.entries(customization)) {
    if (!Object.hasOwn(KEYS, key))
      throw new AppError('CONFIG_INVALID', {
        message: `customize('${agent}'): there is no '${key}'; wanted one of ${Object.keys(KEYS).join(', ')}`,
      });
    if (value !== undefined && typeof value !== 'function')
      throw new AppError('CONFIG_INVALID', { message: `customize('${agent}'): ${key} is a ${typeof value}; wanted a function` });
  }
}

/** What may still be replaced is not shown before. */
export function mayReplaceAnswers({ afterModel, afterAgent, responsePipeline }: AgentCustomization): boolean {
  return [afterModel, afterAgent, responsePipeline].some((own) => own !== undefined);
}
