import type { JsonObject } from '../../base/json.js';
import type { ModelUsage } from '../../providers/llms/contract.js';

/** What an LLM agent keeps between the steps of a run: small, and nothing that the log already holds (R8). */
export interface LlmControl {
  /** Model calls so far in this run. */
  readonly iteration: number;
  /** An earlier step of this run wrote to the response artifact. */
  readonly wroteOutput: boolean;
  /** Tokens of the run so far. */
  readonly usage: ModelUsage;
  /** Id of the agent's message whose tool calls are not all answered; `undefined`: the model is next. */
  readonly callMessageId: string | undefined;
  /** Attempts of `once` calls whose outcome somebody is asked for, by call id. */
  readonly attempts: Attempts;
  /** Keys of the runs that answer calls of agent tools, by call id; of the answer at hand. Default: none. */
  readonly delegated?: Readonly<Record<string, string>>;
  /** The user's message that was passed on to runs below this one. */
  readonly heard?: string;
}

export type Attempts = Readonly<Record<string, Attempt>>;

export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

export function readControl(control: JsonObject): LlmControl {
  const usage = (control['usage'] ?? {}) as Partial<ModelUsage>;
  const { phase, callMessageId, delegated, heard } = control;
  return {
    iteration: typeof control['iteration'] === 'number' ? control['iteration'] : 0,
    wroteOutput: control['wroteOutput'] === true,
    usage: { inputTokens: 0, outputTokens: 0, ...usage },
    callMessageId: phase === 'tools' && typeof callMessageId === 'string' ? callMessageId : undefined,
    attempts: (control['attempts'] ?? {}) as unknown as Attempts,
    ...(delegated === undefined ? {} : { delegated: delegated as Readonly<Record<string, string>> }),
    ...(typeof heard === 'string' ? { heard } : {}),
  };
}

export function writeControl({ iteration, wroteOutput, usage, callMessageId, attempts, delegated = {}, heard }: LlmControl): JsonObject {
  return {
    iteration,
    wroteOutput,
    usage: { ...usage },
    ...(callMessageId === undefined ? {} : { phase: 'tools', callMessageId }),
    ...(Object.keys(attempts).length === 0 ? {} : { attempts: attempts as unknown as JsonObject }),
    ...(callMessageId === undefined || Object.keys(delegated).length === 0 ? {} : { delegated }),
    ...(callMessageId === undefined || heard === undefined ? {} : { heard }),
  };
}

export function addUsage(sum: ModelUsage, usage: ModelUsage | undefined): ModelUsage {
  if (usage === undefined) return sum;
  const cachedTokens = (sum.cachedTokens ?? 0) + (usage.cachedTokens ?? 0);
  const thinkingTokens = (sum.thinkingTokens ?? 0) + (usage.thinkingTokens ?? 0);
  return {
    inputTokens: sum.inputTokens + usage.inputTokens,
    outputTokens: sum.outputTokens + usage.outputTokens,
    ...(cachedTokens === 0 ? {} : { cachedTokens }),
    ...(thinkingTokens === 0 ? {} : { thinkingTokens }),
  };
}
