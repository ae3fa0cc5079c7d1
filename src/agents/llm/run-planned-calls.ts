/** A step's calls as they were planned: intents first, then the calls, each result into the ledger as it arrives (R7). */
import { faultPoint } from '../../base/fault-points.js';
import type { ToolCallPart } from '../../tasks/session-message.js';
import type { ToolCallWrite } from '../../tasks/tool-call.js';
import type { StepContext, StepState } from '../agent.js';
import type { AnsweredCall } from './answered-call.js';
import { describeInvocation } from './describe-invocation.js';
import type { CallPlan } from './plan-calls.js';
import type { PreparedCall } from './prepare-call.js';
import { createRecordResult, recordSurely } from './record-results.js';
import { type CallToRun, runToolCalls } from './run-tool-calls.js';
import type { ToolStepOptions } from './step-dependencies.js';
import { createToolProgress } from './tool-progress.js';

export interface PlannedCall {
  readonly call: ToolCallPart;
  readonly prepared: PreparedCall;
  readonly plan: CallPlan;
}

type RunPlannedCallsOptions = Pick<
  ToolStepOptions,
  'name' | 'llm' | 'maxToolBytes' | 'log' | 'clock' | 'settings' | 'customization' | 'toolHandles' | 'observer'
>;

/**
 * Those that have a result now, in the order of the calls; one that ran and is not among them is a `once` call of unknown outcome. What
 * was decided is recorded in one write with what is about to run: a takeover finds all decisions of a message, or none.
 */
export async function runPlannedCalls(
  planned: readonly PlannedCall[],
  state: StepState,
  context: StepContext,
  { name, llm, maxToolBytes, log, clock, settings, customization = {}, toolHandles, observer }: RunPlannedCallsOptions,
): Promise<readonly AnsweredCall[]> {
  const { task, sessionState = {} } = state;
  for (const { call, prepared, plan } of planned)
    if (prepared.type === 'refused' && plan.type === 'settled')
      log.warn({ err: prepared.error, tool: call.name, callId: call.id }, 'a tool call failed');
  const plans = planned.map(({ plan }) => plan);
  const intents = intentsOf(plans);
  if (intents.length > 0) {
    await faultPoint('tool.before-intent');
    await recordSurely([...decidedRows(plans), ...intents], context, clock);
    await faultPoint('tool.after-intent');
  }
  const record = createRecordResult(context, clock, log);
  const toRun = plans.flatMap((plan): CallToRun[] => {
    if (plan.type !== 'run') return [];
    const { call, intent } = plan;
    const isKept = intent !== undefined || context.checkpoint.afterTools;
    return [{ call, ...(isKept ? { record } : {}), ...(intent?.decision === undefined ? {} : { decision: intent.decision }) }];
  });
  const progress = createToolProgress(settings?.streaming ?? true, context);
  const ran = await runToolCalls(toRun, {
    context: {
      ...{ taskId: task.id, contextId: task.contextId, agent: name, owner: task.owner, signal: context.signal, sessionState },
    },
    progress,
    handles: toolHandles,
    code: { callbacks: customization, invocation: describeInvocation(state, context, name) },
    maxToolOutputLength: llm.maxToolOutputLength,
    maxToolBytes,
    calls: context.calls,
    log,
    clock,
    observer,
  });
  const shown = progress.end();
  const results = new Map(toRun.map(({ call }, index) => [call.id, ran[index]]));
  return planned.flatMap(({ call, prepared, plan }) => {
    const result = plan.type === 'settled' ? plan.result : results.get(call.id);
    const requiresApproval = prepared.type === 'ready' && prepared.tool.requiresApproval === true;
    return result === undefined ? [] : [{ call, result, requiresApproval, shown: shown.get(call.id) }];
  });
}

export function intentsOf(plans: readonly CallPlan[]): readonly ToolCallWrite[] {
  return plans.flatMap((plan) => (plan.type === 'run' && plan.intent !== undefined ? [plan.intent] : []));
}

/** Rows of calls that a decision has settled. */
export function decidedRows(plans: readonly CallPlan[]): readonly ToolCallWrite[] {
  return plans.flatMap((plan) => (plan.type === 'settled' && plan.write !== undefined ? [plan.write] : []));
}
