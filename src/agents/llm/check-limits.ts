/** Whether a run may go on (AGT-03, `agents.<name>.limits`): looked at before each model call, pure. */
import { AppError } from '../../base/errors.js';
import type { RunLimitSettings } from '../../config/llm-agent-settings.js';
import type { Spent } from '../spent.js';
import { type LlmControl, sumSpent } from './control.js';
import type { StepDependencies } from './step-dependencies.js';

/** What the agent may use up in a run, all its turns together. */
export function findExceededLimit(
  control: LlmControl,
  { name, settings: { limits, reasoning } }: Pick<StepDependencies, 'name' | 'settings'>,
): AppError | undefined {
  const spent = sumSpent(control, name);
  if (spent.calls >= reasoning.maxIterations)
    return new AppError('AGENT_ITERATION_LIMIT', {
      message: `Reasoning loop safety limit exceeded after ${spent.calls} iterations (agents.${name}.reasoning.max_iterations)`,
    });
  return findExceededBudget(spent, limits, name);
}

/** @param name whose limits they are: of the agent itself, or of the one that those who spent it work for. */
export function findExceededBudget({ calls, usage, workedMs }: Spent, limits: RunLimitSettings, name: string): AppError | undefined {
  const exceeded = (key: string, used: string) =>
    new AppError('AGENT_LIMIT_EXCEEDED', {
      message: `The run was ended after ${calls} model calls: ${used} (agents.${name}.limits.${key})`,
    });
  const tokens = usage.inputTokens + usage.outputTokens;
  if (limits.maxTokens !== undefined && tokens >= limits.maxTokens)
    return exceeded('max_tokens', `it has used ${tokens} of ${limits.maxTokens} tokens`);
  const { cost = 0 } = usage;
  if (limits.maxCost !== undefined && calls > 0 && cost >= limits.maxCost)
    return exceeded('max_cost', `it has cost ${Number(cost.toPrecision(6))} of ${limits.maxCost}`);
  if (limits.maxDurationMs !== undefined && workedMs >= limits.maxDurationMs)
    return exceeded('max_duration', `it has worked for ${Math.round(workedMs)} of ${limits.maxDurationMs} ms`);
  return undefined;
}
