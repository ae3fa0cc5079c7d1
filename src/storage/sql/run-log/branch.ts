/** A run's commit that makes children, or goes on talking to them, and waits until none of them works any more. */
import { isoTime } from '../../../base/clock.js';
import { AppError } from '../../../base/errors.js';
import { isInterrupted } from '../../../protocol/task-state.js';
import type { BranchWrite, ChildMessageWrite, ChildOrigin, ChildStartWrite } from '../../../tasks/child-runs.js';
import type { TaskEventBody } from '../../../tasks/task-event.js';
import type { TaskRecord, TreeChange } from '../../../tasks/task-store.js';
import { toA2aMessage } from '../../../tasks/to-a2a-message.js';
import { transition } from '../../../tasks/transition.js';
import type { SessionTable } from '../schema.js';
import { isDue } from './expire.js';
import { childListKey, childSessionKey } from './family.js';
import { isTaskId, type StoredTask } from './rows.js';
import { stateOwnerOf } from './session-states.js';
import type { WorkingSet } from './working-set.js';

/** Made before the transaction holds its locks. */
export interface PreparedBranch {
  readonly at: number;
  readonly starts: readonly { readonly start: ChildStartWrite; readonly messageJsons: readonly string[] }[];
  readonly says: readonly { readonly said: ChildMessageWrite; readonly messageJson: string }[];
}

export function prepareBranch({ starts, says }: BranchWrite, at: number): PreparedBranch {
  const wrong = starts.find(({ taskId }) => !isTaskId(taskId));
  if (wrong !== undefined) throw new AppError('INTERNAL', { message: `'${wrong.taskId}' cannot be a task id` });
  return {
    at,
    starts: starts.map((start) => ({ start, messageJsons: start.messages.map((message) => JSON.stringify(message)) })),
    says: says.map((said) => ({ said, messageJson: JSON.stringify(said.message) })),
  };
}

/** Behind everything else that the parent's commit writes: what children inherit ends with it. */
export function branchOff(set: WorkingSet, parentId: string, { starts, says, at }: PreparedBranch): TreeChange {
  const woken: TaskRecord[] = [];
  const inherited = starts.some(({ start }) => start.inheritsHistory) ? historyOf(set, parentId, at) : [];
  for (const [index, { start, messageJsons }] of starts.entries()) {
    const parent = set.getTask(parentId);
    const ordinal = (parent.record.children ?? 0) + 1 + index;
    woken.push(insertChild(set, { parent, start, messageJsons, ordinal, inherits: start.inheritsHistory ? inherited : [], at }));
  }
  for (const { said, messageJson } of says) {
    const child = set.tasks.get(said.taskId);
    const mayHear = child?.record.child?.parentId === parentId && isInterrupted(child.record.state) && !isDue(child, at);
    if (mayHear) woken.push(tellChild(set, child, said, messageJson, at));
  }
  const parent = set.getTask(parentId);
  const counts = { children: (parent.record.children ?? 0) + starts.length, openChildren: woken.length };
  const { record } = set.changeTask(parent, { ...counts, worker: '', updatedAt: at });
  // Nobody was left to hear anything: the parent goes on itself.
  return { wakes: woken.length === 0 ? [record] : woken.map(({ id }) => set.getTask(id).record) };
}

interface NewChild {
  readonly parent: StoredTask;
  readonly start: ChildStartWrite;
  readonly messageJsons: readonly string[];
  readonly ordinal: number;
  readonly inherits: ChildOrigin['inherits'];
  readonly at: number;
}

function insertChild(set: WorkingSet, { parent, start, messageJsons, ordinal, inherits, at }: NewChild): TaskRecord {
  const { taskId: id, key, agent, messages, control = {}, ownState } = start;
  if (set.tasks.has(id)) throw new AppError('INTERNAL', { message: `the new task id ${id} is taken` });
  const { owner, tenant, configVersion, callerRoles } = parent.record;
  const { traceparent = parent.record.traceparent } = start;
  const rootId = parent.record.child?.rootId ?? parent.record.id;
  const sessionKey = childSessionKey(id);
  const above = stateOwnerOf(parent.record);
  const child: ChildOrigin = {
    parentId: parent.record.id,
    rootId,
    key,
    ordinal,
    application: above.agent,
    rootSeq: set.getTask(rootId).record.seq,
    inherits,
    state: ownState === undefined ? { sessionKey: above.sessionKey, taskId: above.taskId } : { sessionKey, taskId: id },
  };
  const record: TaskRecord = {
    id,
    agent,
    owner,
    contextId: id,
    tenant,
    child,
    state: 'TASK_STATE_SUBMITTED',
    epoch: 0,
    step: 1,
    takes: 0,
    seq: 0,
    turn: 1,
    configVersion,
    control,
    traceparent,
    worker: '',
    heldSince: undefined,
    expiresAt: undefined,
    ...(callerRoles === undefined ? {} : { callerRoles }),
    createdAt: at,
    updatedAt: at,
  };
  const session = set.openSession(record, id, at);
  set.nextTurn(session);
  set.addTask({ sessionKey, sessionId: id, lastCall: 0, listKey: childListKey(child), statusAt: at, isTrimmed: false, record });
  for (const json of messageJsons) set.appendMessage(session, id, json, at, parent.record.id);
  const last = messages.at(-1);
  if (last !== undefined) set.appendEvent(id, { type: 'task.created', message: toA2aMessage(last, record) }, at);
  if (ownState !== undefined) set.pending.states.add(stateOwnerOf(record), ownState, at);
  return record;
}

function tellChild(set: WorkingSet, child: StoredTask, { message }: ChildMessageWrite, messageJson: string, at: number): TaskRecord {
  const { record } = child;
  const verdict = transition(record.state, { type: 'continue' });
  if (verdict.type === 'refused') throw new AppError('INTERNAL', { message: `the child ${record.id} waits and cannot go on` });
  set.changeTask(child, { state: verdict.state, takes: 0, expiresAt: undefined, updatedAt: at });
  set.appendMessage(sessionOf(set, record, at), record.id, messageJson, at, record.child?.parentId);
  const bodies: readonly TaskEventBody[] = [
    { type: 'message.added', message: toA2aMessage(message, record) },
    { type: 'status.changed', status: { state: verdict.state, timestamp: isoTime(at) } },
  ];
  for (const body of bodies) set.appendEvent(record.id, body, at);
  return record;
}

/** What a child that inherits sees before its own messages: what its parent sees now. */
function historyOf(set: WorkingSet, parentId: string, at: number): ChildOrigin['inherits'] {
  const { record, sessionKey } = set.getTask(parentId);
  const { last_position: upToPosition } = sessionOf(set, record, at);
  return [...(record.child?.inherits ?? []), { taskId: parentId, sessionKey, upToTurn: record.turn, upToPosition }];
}

function sessionOf(set: WorkingSet, record: TaskRecord, at: number): SessionTable {
  return set.openSession(record, record.id, at);
}
