/** What a step's outcome becomes in the log: pure. */
import type { StepOutcome, StepState } from '../agents/agent.js';
import { findUsage, withUsage } from '../agents/usage.js';
import { isoTime } from '../base/clock.js';
import { type AppError, describeForClient } from '../base/errors.js';
import { newId } from '../base/ids.js';
import type { JsonObject } from '../base/json.js';
import { currentTraceContext } from '../observe/trace.js';
import type { TaskStatus } from '../protocol/a2a.js';
import type { BranchWrite } from '../tasks/child-runs.js';
import { copiedState, withDelta } from '../tasks/session-state.js';
import type { StepCommit, TaskRecord } from '../tasks/task-store.js';

export interface CommitOptions {
  readonly at: number;
  /** The run as this step saw it: its children, and the state that a child begins with. Default: neither. */
  readonly seen?: Pick<StepState, 'children' | 'sessionState'>;
  /** This worker goes on with the next step itself. */
  readonly goesOn: boolean;
}

/** The commit that a step's outcome asks for (R2, R3). */
export function toCommit(task: TaskRecord, outcome: StepOutcome, { at, goesOn, seen = {} }: CommitOptions): StepCommit {
  const { control, messages, events, toolCalls, sessionState = {} } = outcome;
  const status = statusAfter(outcome, at);
  return {
    taskId: task.id,
    epoch: task.epoch,
    step: task.step,
    state: status?.state ?? 'TASK_STATE_WORKING',
    control,
    messages,
    events:
      status === undefined ? events : [...events, { type: 'status.changed', status, ...statusMetadata(outcome), ...directness(outcome) }],
    ...(toolCalls === undefined || toolCalls.length === 0 ? {} : { toolCalls }),
    ...(Object.keys(sessionState).length === 0 ? {} : { sessionState }),
    ...(outcome.type === 'branch' ? { branch: branchOf(outcome, seen, at) } : {}),
    ...treeOf(task),
    goesOn,
    ...expiry(outcome, at),
    at,
  };
}

function branchOf(
  { starts, says, sessionState }: Extract<StepOutcome, { type: 'branch' }>,
  { children = [], sessionState: before = {} }: Pick<StepState, 'children' | 'sessionState'>,
  at: number,
): BranchWrite {
  const own = copiedState(withDelta(before, sessionState));
  // Of the step that is being committed: children stand below it, on whichever worker they run.
  const traceparent = currentTraceContext();
  return {
    starts: starts.map(({ key, agent, messages, inheritsHistory, state, control }) => ({
      ...{ taskId: newId(at), key, agent, messages, inheritsHistory },
      ...(control === undefined ? {} : { control }),
      ownState: state === 'copied' ? own : undefined,
      ...(traceparent === '' ? {} : { traceparent }),
    })),
    says: says.flatMap(({ key, message }) => {
      const child = children.find((known) => known.key === key);
      return child === undefined ? [] : [{ taskId: child.taskId, message }];
    }),
  };
}

function treeOf({ child, children }: TaskRecord): Pick<StepCommit, 'tree'> {
  if (child === undefined && children === undefined) return {};
  return { tree: { ...(child === undefined ? {} : { child }), ...(children === undefined ? {} : { children }) } };
}

function expiry(outcome: StepOutcome, at: number): Pick<StepCommit, 'expiresAt'> {
  return outcome.type === 'wait' && outcome.expiresAfterMs !== undefined ? { expiresAt: at + outcome.expiresAfterMs } : {};
}

/** The status that ends or pauses the run, if this outcome does. */
function statusAfter(outcome: StepOutcome, at: number): TaskStatus | undefined {
  const timestamp = isoTime(at);
  switch (outcome.type) {
    case 'continue':
    case 'branch':
      return undefined;
    case 'wait':
      return { state: outcome.state, message: outcome.statusMessage, timestamp };
    case 'failed':
      return { state: 'TASK_STATE_FAILED', message: outcome.statusMessage, timestamp };
    case 'rejected':
      return { state: 'TASK_STATE_REJECTED', message: outcome.statusMessage, timestamp };
    case 'finished':
      return {
        state: 'TASK_STATE_COMPLETED',
        ...(outcome.statusMessage === undefined ? {} : { message: outcome.statusMessage }),
        timestamp,
      };
  }
}

function statusMetadata(outcome: StepOutcome): { metadata?: JsonObject } {
  if (outcome.type === 'continue' || outcome.type === 'branch') return {};
  return outcome.statusMetadata === undefined ? {} : { metadata: outcome.statusMetadata };
}

function directness(outcome: StepOutcome): { direct?: true } {
  return outcome.type === 'finished' && outcome.isDirect === true ? { direct: true } : {};
}

/** A failure that no agent foresaw ends the run; the client learns what concerns it, the log the rest. */
export function failedOutcome(task: TaskRecord, failure: AppError): StepOutcome {
  const text = failure.code === 'INTERNAL' ? `The agent '${task.agent}' failed unexpectedly` : describeForClient(failure);
  return { ...failedWith(task, text), errorCode: failure.code };
}

/** Ends the run with this text, and with what it has used by its last commit. */
export function failedWith(task: TaskRecord, text: string): Extract<StepOutcome, { type: 'failed' | 'rejected' }> {
  const statusMessage = { messageId: newId(), contextId: task.contextId, taskId: task.id, role: 'ROLE_AGENT', parts: [{ text }] } as const;
  return {
    type: 'failed',
    control: task.control,
    messages: [],
    events: [],
    statusMessage,
    ...withUsage(undefined, findUsage(task.control)),
  };
}
