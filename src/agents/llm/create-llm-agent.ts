/**
 * `type: llm`: the model is called and what it asks for is run (AGT-01, ARCHITECTURE §5). Calls that change nothing run in the
 * model's own step; the others in a step after it, when the answer that asks for them is committed (R7).
 */
import type { Clock } from '../../base/clock.js';
import { type CountTokens, createTokenCounter } from '../../memory/count-tokens.js';
import { createArgumentsCheck } from '../../providers/tools/arguments.js';
import type { Agent, StepContext, StepOutcome, StepState } from '../agent.js';
import { createAgent } from '../create-agent.js';
import { readSpent, setSpent } from '../spent.js';
import { answerAfter, answerBefore, keepAnswer } from './around-run.js';
import { type LlmControl, readControl, sumSpent } from './control.js';
import { listTools } from './list-tools.js';
import { runModelStep } from './model-step.js';
import type { LlmAgentOptions, StepDependencies } from './step-dependencies.js';
import { runToolStep } from './tool-step.js';

export function createLlmAgent(options: LlmAgentOptions): Agent {
  const checkArguments = createArgumentsCheck();
  let counting: Promise<CountTokens> | undefined;
  const getCountTokens = () => {
    counting ??= options.countTokens === undefined ? createTokenCounter(options.model, options.log) : Promise.resolve(options.countTokens);
    return counting;
  };
  return createAgent({ name: options.name, type: 'llm' }, async (state, context) => {
    const startedMs = options.clock.monotonic();
    const control = readControl(state.task.control);
    const { callerRoles } = state.task;
    const tools = await listTools({ ...options, wanted: options.settings.tools, callerRoles }, context.signal);
    const outcome = await runStep(state, context, control, { ...options, tools, checkArguments, getCountTokens });
    return withSpent(withWorkedTime(outcome, control, startedMs, options), state, options.name);
  });
}

async function runStep(state: StepState, context: StepContext, control: LlmControl, dependencies: StepDependencies): Promise<StepOutcome> {
  const instead = await answerBefore(state, context, control, dependencies);
  if (instead !== undefined) return keepAnswer(instead, state, dependencies);
  const run = control.callMessageId === undefined ? runModelStep : runToolStep;
  const outcome = await run(state, context, control, dependencies);
  return keepAnswer(await answerAfter(outcome, state, context, dependencies), state, dependencies);
}

/** A turn that is over in a run of another agent, or in one below it: the next one goes on counting where this one ends. */
function withSpent(outcome: StepOutcome, { branch, task }: StepState, name: string): StepOutcome {
  const isOver = outcome.type === 'finished' || outcome.type === 'failed' || outcome.type === 'rejected';
  if (!isOver || (branch === undefined && task.child === undefined)) return outcome;
  const own = sumSpent(readControl(outcome.control), name);
  return { ...outcome, control: { ...outcome.control, spent: setSpent(readSpent(outcome.control), name, own) } };
}

/** `limits.max_duration` counts what steps took, whichever worker ran them. */
function withWorkedTime(
  outcome: StepOutcome,
  { workedMs = 0 }: LlmControl,
  startedMs: number,
  { settings, clock }: { readonly settings: LlmAgentOptions['settings']; readonly clock: Clock },
): StepOutcome {
  if (settings.limits.maxDurationMs === undefined) return outcome;
  return { ...outcome, control: { ...outcome.control, workedMs: Math.ceil(workedMs + clock.monotonic() - startedMs) } };
}
