/** Whether a run may go on (AGT-03, `agents.<name>.limits`): looked at before each model call, pure. */
import { AppError } from '../../base/errors.js';
import { type LlmControl, sumSpent } from './control.js';
import type { StepDependencies } from './step-dependencies.js';

export function findExceededLimit(
  control: LlmControl,
  { name, settings }: Pick<StepDependencies, 'name' | 'settings'>,
): AppError | undefined {
  const { iteration } = control;
  const { calls, usage, workedMs } = sumSpent(control, name);
  const { limits, reasoning } = settings;
  if (iteration >= reasoning.maxIterations)
    return new AppError('AGENT_ITERATION_LIMIT', {
      message: `Reasoning loop safety limit exceeded after ${iteration} iterations (agents.${name}.reasoning.max_iterations)`,
    });
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
