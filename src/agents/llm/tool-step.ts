/**
 * The step that runs the calls of a committed answer (R7): read the ledger → apply decisions → record intents in one write → run,
 * each result recorded as it arrives → tool message. It ends when every call is answered, or waits for somebody.
 *
 * A call is open until a tool message of the session has its result: the history holds each result once, the control none (R8).
 */
import { throwIfAborted } from '../../base/abort.js';
import { AppError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import type { SessionMessage, ToolCallPart } from '../../tasks/session-message.js';
import type { ToolCallRecord, ToolCallWrite } from '../../tasks/tool-call.js';
import type { ChildMessage, ChildRun, StepContext, StepOutcome, StepState } from '../agent.js';
import { afterDelegation, beforeDelegation } from '../as-tool/around-delegation.js';
import { delegateCalls, isDelegation } from '../as-tool/delegate-calls.js';
import { findWaiting, markOf, mergeQuestions, type Question as OpenQuestion, routeAnswer } from '../child-questions.js';
import { joinSpent } from '../spent.js';
import { addUsage } from '../usage.js';
import { createToolMessage, mergeStateChanges } from './answered-call.js';
import { askSomebody } from './ask-somebody.js';
import { conclude } from './conclude.js';
import { type Attempts, type LlmControl, writeControl } from './control.js';
import { describeInvocation } from './describe-invocation.js';
import { describeOutput } from './describe-output.js';
import { failed } from './end-run.js';
import { applyDecision, askForOutcome, type CallPlan, planCall, type Question } from './plan-calls.js';
import { prepareCall } from './prepare-call.js';
import { isOnlyDecision, readDecisions } from './read-decisions.js';
import { decidedRows, intentsOf, type PlannedCall, runPlannedCalls } from './run-planned-calls.js';
import type { ToolStepOptions } from './step-dependencies.js';
import { limitDecision } from './store-result.js';

export async function runToolStep(
  state: StepState,
  context: StepContext,
  control: LlmControl,
  dependencies: ToolStepOptions,
): Promise<StepOutcome> {
  const { name, clock, approvalExpiresAfterMs, maxToolBytes } = dependencies;
  const { task, history } = state;
  const calls = findCalls(history, control.callMessageId);
  const { spent = {} } = control;
  if (calls.length === 0) {
    const error = new AppError('AGENT_FAILED', { message: 'The tool calls that this run was about to make are no longer in its session' });
    return failed(error, state, { control: task.control, messages: [], events: [] }, control.usage);
  }
  const open = calls.filter(({ id }) => !hasResult(history, id));
  const rows = await context.ledger.find(calls.map(({ id }) => id));
  throwIfAborted(context.signal);

  const prepared = open.map((call) => ({ call, prepared: prepareCall(call, { ...dependencies, taskId: task.id, owner: task.owner }) }));
  const planned = prepared.map((entry) => ({
    ...entry,
    plan: planCall({ ...entry, row: rows.get(entry.call.id), attempts: control.attempts }),
  }));
  const routed = routeReply(state, control, planned);
  const reply = readReply(routed.history, { taskId: task.id, calls, planned, rows, maxToolBytes, now: clock.now() });
  const around = {
    ...{ maxToolBytes, maxToolOutputLength: dependencies.llm.maxToolOutputLength, log: dependencies.log },
    delegated: control.delegated ?? {},
    code: { callbacks: dependencies.customization ?? {}, invocation: describeInvocation(state, context, name) },
  };
  const settled = await beforeDelegation(
    planned.map((entry) => ({ ...entry, plan: reply.apply(entry.plan) })),
    around,
  );
  const decided = settled.filter((entry) => !isDelegation(entry));
  const delegated = delegateCalls(settled.filter(isDelegation), state, { ...around, name, spent, now: clock.now() });
  const delegation = await afterDelegation(delegated, settled, around);

  const startedAt = clock.now();
  const ran = await runPlannedCalls(decided, state, context, dependencies);
  const answered = open.flatMap(({ id }) => [...ran, ...delegation.answered].filter(({ call }) => call.id === id));
  const begun = decided.map(({ plan }) => plan);
  const plans = decided.map(({ call, plan }) => {
    if (plan.type !== 'run' || ran.some((known) => known.call.id === call.id)) return plan;
    return askForOutcome(plan, call, { number: (control.attempts[call.id]?.number ?? 0) + 1, startedAt });
  });
  const questions = plans.flatMap((plan) => (plan.type === 'ask' ? [plan.question] : []));
  const events = describeOutput({ results: answered, append: control.wroteOutput });
  const consumes = [...new Set([...reply.consumes, ...routed.consumes])];
  const isAnswered = questions.length + delegation.starts.length + delegation.open.length === 0;
  const next: LlmControl = {
    ...control,
    wroteOutput: control.wroteOutput || events.length > 0,
    callMessageId: isAnswered ? undefined : control.callMessageId,
    attempts: attemptsOf(questions),
    usage: delegation.usages.reduce(addUsage, control.usage),
    delegated: delegation.delegated,
    // At once, when all have ended: each of them began with what is spent now.
    spent: isAnswered ? joinSpent(spent, childrenOf(state, delegation.delegated)) : spent,
    heard: markOf(history.at(-1)),
  };
  const result = {
    control: writeControl(next),
    messages:
      answered.length + consumes.length > 0
        ? [createToolMessage(answered, { id: newId(clock.now()), author: name, consumes, at: clock.now() })]
        : [],
    events,
    ...mergeStateChanges(answered),
    toolCalls: [...(intentsOf(begun).length > 0 ? [] : decidedRows(begun)), ...askedRows(plans), ...delegation.toolCalls],
  };
  const { starts } = delegation;
  const { says } = routed;
  if (starts.length + says.length > 0) return { type: 'branch', starts, says, ...result };
  const waiting = findWaiting(delegation.open);
  const problems = [...routed.problems, ...reply.problems];
  if (questions.length > 0 && waiting.length === 0)
    return askSomebody({ questions, problems, task, expiresAfterMs: approvalExpiresAfterMs, now: clock.now() }, result);
  if (waiting.length > 0) {
    const own = questions.length === 0 ? undefined : askOwn(questions);
    return {
      type: 'wait',
      ...mergeQuestions(waiting, { ...(own === undefined ? {} : { own }), problems, task, now: clock.now() }),
      ...result,
    };
  }
  const all = calls.map((call) => prepareCall(call, { ...dependencies, taskId: task.id, owner: task.owner }));
  return conclude(
    { type: 'continue', ...result },
    { prepared: all, control: next, history, children: state.children ?? [], delegated: delegation.delegated, dependencies },
  );

  function askOwn(questions: readonly Question[]): OpenQuestion | undefined {
    const asked = askSomebody({ questions, problems: [], task, expiresAfterMs: approvalExpiresAfterMs, now: clock.now() }, result);
    return asked.type === 'wait' ? asked : undefined;
  }
}

function childrenOf({ children = [] }: StepState, delegated: Readonly<Record<string, string>>): readonly ChildRun[] {
  const keys = Object.values(delegated);
  return children.filter(({ key }) => keys.includes(key));
}

interface RoutedReply {
  /** Without what runs below this one were told. */
  readonly history: readonly SessionMessage[];
  readonly says: readonly ChildMessage[];
  readonly problems: readonly string[];
  readonly consumes: readonly string[];
}

/** The message that woke the run, shared out between the agents that work for it and itself. */
function routeReply({ history, children = [] }: StepState, control: LlmControl, planned: readonly PlannedCall[]): RoutedReply {
  const keys = Object.values(control.delegated ?? {});
  const waiting = findWaiting(children.filter(({ key }) => keys.includes(key)));
  const message = history.at(-1);
  const unchanged = { history, says: [], problems: [], consumes: [] };
  if (keys.length === 0 || message?.role !== 'user') return unchanged;
  if (markOf(message) === control.heard) return { ...unchanged, history: history.slice(0, -1) };
  if (waiting.length === 0) return unchanged;
  const own = planned.flatMap(({ call, plan }) => (plan.type === 'ask' ? [call.id] : []));
  const routed = routeAnswer(message, waiting, new Set(own));
  return {
    history: [...history.slice(0, -1), ...(routed.own === undefined ? [] : [routed.own])],
    says: routed.says,
    problems: routed.problems,
    consumes: isOnlyDecision(message) ? [message.id] : [],
  };
}

interface Reply {
  readonly problems: readonly string[];
  /** The message that was answered with, when it is nothing but decisions. */
  readonly consumes: readonly string[];
  apply(plan: CallPlan): CallPlan;
}

interface ReplyScope {
  readonly taskId: string;
  readonly calls: readonly ToolCallPart[];
  readonly planned: readonly PlannedCall[];
  readonly rows: ReadonlyMap<string, ToolCallRecord>;
  readonly maxToolBytes: number;
  readonly now: number;
}

/**
 * A run that waited goes on with the message that woke it, and that is the last of its history; no other message decides
 * anything. One that an attempt before this has applied is not applied again: the call that it meant may have become
 * another question since.
 */
function readReply(history: readonly SessionMessage[], { taskId, calls, planned, rows, maxToolBytes, now }: ReplyScope): Reply {
  const message = history.at(-1);
  if (message?.role !== 'user') return { problems: [], consumes: [], apply: (plan) => plan };
  const isApplied = [...rows.values()].some(({ decision }) => decision?.messageId === message.id);
  const asked = planned.flatMap(({ call, plan }) => {
    const wasAsked = plan.type === 'ask' && plan.write === undefined;
    return wasAsked ? [{ callId: call.id, asks: plan.question.asks, argumentsHash: plan.question.row.argumentsHash }] : [];
  });
  const open = new Set(planned.flatMap(({ call, plan }) => (plan.type === 'settled' ? [] : [call.id])));
  const settled = new Set(calls.map(({ id }) => id).filter((id) => !open.has(id)));
  const { decisions, problems, isOnlyDecision } = readDecisions(message, { taskId, asked, settled });
  return {
    problems: isApplied ? [] : problems,
    consumes: isOnlyDecision ? [message.id] : [],
    apply(plan) {
      const decision = plan.type === 'ask' && !isApplied ? decisions.get(plan.question.row.callId) : undefined;
      return plan.type === 'ask' && decision !== undefined
        ? applyDecision(plan.question, limitDecision(decision, maxToolBytes), { messageId: message.id, at: now })
        : plan;
    },
  };
}

function findCalls(history: readonly SessionMessage[], messageId: string | undefined): readonly ToolCallPart[] {
  const message = history.findLast(({ id, role }) => id === messageId && role === 'agent');
  return message?.parts.filter((part) => part.type === 'tool_call') ?? [];
}

function hasResult(history: readonly SessionMessage[], callId: string): boolean {
  return history.some(({ parts }) => parts.some((part) => part.type === 'tool_result' && part.callId === callId));
}

function askedRows(plans: readonly CallPlan[]): readonly ToolCallWrite[] {
  return plans.flatMap((plan) => (plan.type === 'ask' && plan.write !== undefined ? [plan.write] : []));
}

function attemptsOf(questions: readonly Question[]): Attempts {
  return Object.fromEntries(questions.flatMap(({ row, attempt }) => (attempt === undefined ? [] : [[row.callId, attempt]])));
}
