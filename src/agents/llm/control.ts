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
}

export function readControl(control: JsonObject): LlmControl {
  const usage = (control['usage'] ?? {}) as Partial<ModelUsage>;
  return {
    iteration: typeof control['iteration'] === 'number' ? control['iteration'] : 0,
    wroteOutput: control['wroteOutput'] === true,
    usage: { inputTokens: 0, outputTokens: 0, ...usage },
  };
}

export function writeControl({ iteration, wroteOutput, usage }: LlmControl): JsonObject {
  return { iteration, wroteOutput, usage: { ...usage } };
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
