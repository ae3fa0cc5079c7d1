import { isRunnable, isTerminal } from '../../../protocol/task-state.js';
import { scopeOf } from '../../../tasks/session-state.js';
import type { TaskEvent } from '../../../tasks/task-event.js';
import type { CommitOutcome, StepCommit } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';
import { assertConsistent, inconsistent } from './assert-commit.js';
import { branchOff, type PreparedBranch, prepareBranch } from './branch.js';
import { childSessionKey } from './family.js';
import { nextAfter } from './hand-over.js';
import { isInHands } from './in-hands.js';
import { isTaskId, NOBODY, type StoredTask } from './rows.js';
import { stateOwnerOf } from './session-states.js';
import { type PreparedToolCall, prepareToolCalls } from './tool-calls.js';
import { AGAIN, type Again, canEnd, settleTree } from './tree.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

interface PreparedCommit {
  readonly commit: StepCommit;
  readonly calls: readonly PreparedToolCall[];
  readonly eventJsons: readonly string[];
  readonly messageJsons: readonly string[];
  readonly branch: PreparedBranch | undefined;
}

/** R2–R5: one step, once, under the newest epoch. */
export function commitWrite(commit: StepCommit, wholeTree: boolean): RunLogWrite<CommitOutcome | Again> {
  assertConsistent(commit);
  const { taskId, tree = {} } = commit;
  const prepared: PreparedCommit = {
    commit,
    eventJsons: commit.events.map((body) => JSON.stringify(body)),
    messageJsons: commit.messages.map((message) => JSON.stringify(message)),
    calls: prepareToolCalls(taskId, commit.toolCalls ?? []),
    branch: commit.branch === undefined ? undefined : prepareBranch(commit.branch, commit.at),
  };
  const leaves = !isRunnable(commit.state);
  const says = commit.branch?.says.map((said) => said.taskId) ?? [];
  return {
    ...(isTaskId(taskId) ? { taskId } : {}),
    taskIds: [...others(commit), ...says],
    sessionKeys: says.map(childSessionKey),
    wholeTree: wholeTree || (isTerminal(commit.state) && (tree.children ?? 0) > 0),
    locksSession: leaves || prepared.messageJsons.length > 0 || prepared.branch !== undefined,
    readsHead: leaves && tree.child === undefined,
    toolCallKeys: prepared.calls.map((call) => call.callKey),
    decide: (set) => decide(set, prepared),
  };
}

/** Runs above a child that its commit changes, as far as the worker knows. */
function others({ tree = {}, state, events, branch, sessionState }: StepCommit): readonly string[] {
  const { child } = tree;
  if (child === undefined) return [];
  const ids = isRunnable(state) ? [] : [child.parentId];
  if (branch !== undefined || events.some(({ type }) => type !== 'status.changed')) ids.push(child.rootId);
  if (sessionState !== undefined) ids.push(child.state.taskId);
  return ids;
}

function decide(set: WorkingSet, prepared: PreparedCommit): CommitOutcome | Again {
  const { commit, calls, messageJsons, branch } = prepared;
  const { taskId, at } = commit;
  const task = set.tasks.get(taskId);
  const verdict = task === undefined ? undefined : transition(task.record.state, { type: 'commit', state: commit.state });
  if (task === undefined || verdict?.type !== 'allowed' || !isInHands(task, commit)) return { type: 'lost', task: task?.record };
  if (!seesAll(set, task, commit)) return AGAIN;
  const changed = verdict.state !== task.record.state;
  if (changed && !commit.events.some((event) => event.type === 'status.changed')) {
    throw inconsistent(commit, `the state changes from ${task.record.state} to ${commit.state} without a status.changed event`);
  }
  set.changeTask(task, {
    ...NOBODY,
    state: verdict.state,
    takes: 0,
    step: commit.step + 1,
    control: commit.control,
    worker: commit.goesOn === true && isRunnable(verdict.state) ? task.record.worker : '',
    expiresAt: commit.expiresAt,
    updatedAt: at,
  });
  set.writeToolCalls(taskId, calls, { step: commit.step, epoch: commit.epoch, at });
  for (const json of messageJsons) set.appendMessage(set.openSession(task.record, taskId, at, task.sessionKey), taskId, json, at);
  const events = appendEvents(set, task, prepared);
  writeState(set, task, commit);
  const next = isRunnable(verdict.state) || task.record.child !== undefined ? undefined : nextAfter(set, task);
  const tree = branch === undefined ? settleTree(set, task, at) : branchOff(set, taskId, branch);
  return { type: 'committed', task: set.getTask(taskId).record, events, ...(next === undefined ? {} : { next: next.record }), ...tree };
}

/** Whether the rows that this commit changes beside its own are locked. */
function seesAll(set: WorkingSet, task: StoredTask, commit: StepCommit): boolean {
  if (isTerminal(commit.state) && !canEnd(set, task)) return false;
  return others({ ...commit, tree: task.record }).every((id) => set.tasks.has(id));
}

/** R4: what a child puts out is its root's. All above it stand and none of them has ended (J2). */
function appendEvents(set: WorkingSet, { record }: StoredTask, { commit, eventJsons }: PreparedCommit): readonly TaskEvent[] {
  const published: TaskEvent[] = [];
  for (const [index, body] of commit.events.entries()) {
    const isOwn = record.child === undefined || body.type === 'status.changed';
    const event = set.appendEvent(isOwn ? record.id : (record.child?.rootId as string), body, commit.at, eventJsons[index]);
    if (record.child === undefined || !isOwn) published.push(event);
  }
  return published;
}

function writeState(set: WorkingSet, { record }: StoredTask, { sessionState, at }: StepCommit): void {
  if (sessionState === undefined) return;
  const owner = stateOwnerOf(record);
  set.pending.states.add(owner, sessionState, at);
  if (!Object.keys(sessionState).some((key) => scopeOf(key) === 'temp')) return;
  const bearer = set.getTask(owner.taskId);
  if (bearer.hasTemp !== true) set.changeTask(bearer, {}, { hasTemp: true });
}
