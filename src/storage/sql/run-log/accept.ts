import { isoTime } from '../../../base/clock.js';
import { AppError } from '../../../base/errors.js';
import type { TaskEventBody } from '../../../tasks/task-event.js';
import type { AcceptInput, AcceptOutcome, DoubleTexting, SessionKey, TaskRecord } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';
import { endRun } from './end-run.js';
import { endIfDue, isDue } from './expire.js';
import { hashKey } from './hash-key.js';
import { listKeyOf } from './list-key.js';
import { isTaskId, type StoredTask, sessionKeyOf } from './rows.js';
import { giveTo } from './take.js';
import { AGAIN, type Again, canEnd } from './tree.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

/** R1, R11: a new task, or a waiting one goes on. */
export function acceptWrite(input: AcceptInput, wholeTree: boolean): RunLogWrite<AcceptOutcome | Again> {
  assertStorable(input);
  const { message, metadata, taskId, acceptedOutputModes } = input;
  const modes = acceptedOutputModes === undefined ? {} : { acceptedOutputModes };
  const doubleTexting = taskId === undefined ? (input.doubleTexting ?? 'enqueue') : 'enqueue';
  const body: TaskEventBody =
    taskId === undefined
      ? { type: 'task.created', message, ...(metadata === undefined ? {} : { metadata }), ...modes }
      : { type: 'message.added', message, ...modes };
  // Everything that takes time happens here, before the transaction holds its locks.
  const key = { ...input.key, tenant: input.tenant };
  const prepared: PreparedAccept = {
    input: { ...input, key },
    doubleTexting,
    body,
    bodyJson: JSON.stringify(body),
    messageJson: JSON.stringify(input.sessionMessage),
    acceptedKey: hashKey(input.dedupeKey),
    sessionKey: sessionKeyOf(key),
  };
  return {
    acceptedKey: prepared.acceptedKey,
    ...(taskId !== undefined && isTaskId(taskId) ? { taskId } : {}),
    sessionKey: prepared.sessionKey,
    locksSession: true,
    // Whoever begins a run asks whether it is the session's first; a new session has no other.
    readsHead: doubleTexting !== 'enqueue' || input.worker !== undefined,
    wholeTree,
    endsActiveRuns: doubleTexting === 'interrupt' || doubleTexting === 'rollback',
    decide: (set) => decide(set, prepared),
  };
}

type Accepted = Extract<AcceptOutcome, { type: 'accepted' }>;
type InterruptedRun = NonNullable<Accepted['interrupted']>[number];

interface PreparedAccept {
  readonly input: AcceptInput;
  readonly doubleTexting: DoubleTexting;
  readonly body: TaskEventBody;
  readonly bodyJson: string;
  readonly messageJson: string;
  readonly acceptedKey: string;
  readonly sessionKey: string;
}

function decide(set: WorkingSet, prepared: PreparedAccept): AcceptOutcome | Again {
  const known = set.accepted.get(prepared.acceptedKey);
  // Its task may be gone: retention deleted both after this transaction saw the message and before it could lock the task.
  if (known !== undefined && set.tasks.has(known.taskId)) {
    const type = known.messageHash === prepared.input.messageHash ? 'duplicate' : 'conflict';
    return { type, task: set.getTask(known.taskId).record };
  }
  if (prepared.input.taskId !== undefined) return resume(set, prepared, prepared.input.taskId);
  // Behind the question whether the message is known: one that is sent again interrupts nothing (R11).
  const sessionId = set.sessions.get(prepared.sessionKey)?.session_id;
  if (prepared.doubleTexting === 'enqueue' || sessionId === undefined) return create(set, prepared);
  const head = set.findHead(sessionId);
  if (head === undefined) return create(set, prepared);
  if (prepared.doubleTexting === 'reject') return { type: 'active', task: head.record };
  const active = set.activeRuns(sessionId);
  // Another run joined the session while this one waited for the locks of those it knew of; or one of those has children.
  if (set.otherHeads.has(sessionId) || !active.every((task) => canEnd(set, task))) return AGAIN;
  const interrupted = active.map((task) => interrupt(set, task, prepared));
  return { ...create(set, prepared), interrupted };
}

/** R6. A run that waits for input is none of these: it goes on when it is answered. */
function interrupt(set: WorkingSet, task: StoredTask, { input, doubleTexting }: PreparedAccept): InterruptedRun {
  const verdict = transition(task.record.state, { type: 'cancel' });
  if (verdict.type === 'refused') throw new AppError('INTERNAL', { message: `the task ${task.record.id} runs and cannot be canceled` });
  const reason = `Replaced by message '${input.message.messageId}' (agents.${task.record.agent}.double_texting: ${doubleTexting})`;
  const {
    task: record,
    events,
    ended,
  } = endRun(set, task, { state: verdict.state, reason: reason + CONSEQUENCE[doubleTexting], at: input.at });
  if (doubleTexting === 'rollback') set.rollBack(task);
  return { task: record, events, ...(ended === undefined ? {} : { ended }) };
}

const CONSEQUENCE: Readonly<Record<DoubleTexting, string>> = {
  enqueue: '',
  reject: '',
  interrupt: '; what it had said stays in the conversation',
  rollback: '; what was said in it has left the conversation',
};

function create(set: WorkingSet, prepared: PreparedAccept): Accepted {
  const { key, tenant, configVersion, traceparent, callerRoles, newTaskId: id, at } = prepared.input;
  // Another accept of this group with the same id must fail as it would fail alone: on the table's key.
  if (set.tasks.has(id)) throw new AppError('INTERNAL', { message: `the new task id ${id} is taken` });
  const session = set.openSession(key, id, at, prepared.sessionKey);
  set.addTask({
    sessionKey: session.session_key,
    sessionId: session.session_id,
    lastCall: 0,
    listKey: listKeyOf({ ...key, tenant }),
    statusAt: at,
    isTrimmed: false,
    record: {
      ...key,
      id,
      tenant,
      state: 'TASK_STATE_SUBMITTED',
      epoch: 0,
      step: 1,
      takes: 0,
      seq: 0,
      turn: set.nextTurn(session),
      configVersion,
      control: {},
      traceparent,
      worker: '',
      heldSince: undefined,
      expiresAt: undefined,
      ...(callerRoles === undefined ? {} : { callerRoles }),
      createdAt: at,
      updatedAt: at,
    },
  });
  return begin(set, prepared, finish(set, prepared, id));
}

/** R3: whoever accepts a run may take it in the same transaction, by the rules of every take. */
function begin(set: WorkingSet, { input: { worker, sessionMessage, at } }: PreparedAccept, accepted: Accepted): Accepted {
  if (worker === undefined) return accepted;
  const task = set.getTask(accepted.task.id);
  const verdict = transition(task.record.state, { type: 'take' });
  if (verdict.type === 'refused' || set.findHead(task.sessionId)?.record.id !== task.record.id) return accepted;
  const taken = giveTo(set, task, { state: verdict.state, worker, at });
  const isAlone = set.pending.newSessions.has(task.sessionKey) && task.record.turn === 1;
  return { ...accepted, taken: { ...taken, ...(isAlone ? { history: [sessionMessage] } : {}) } };
}

function resume(set: WorkingSet, prepared: PreparedAccept, taskId: string): AcceptOutcome | Again {
  const { key, at } = prepared.input;
  const task = set.tasks.get(taskId);
  if (task === undefined || !isOfSession(task.record, key)) return { type: 'not-found' };
  const verdict = transition(task.record.state, { type: 'continue' });
  if (verdict.type === 'refused') return { type: verdict.reason === 'terminal' ? 'terminal' : 'busy', task: task.record };
  if (isDue(task, at) && !canEnd(set, task)) return AGAIN;
  const expired = endIfDue(set, task, at);
  if (expired !== undefined) return { type: 'expired', ...expired };
  // At the end of its session's order: a later run may have begun while this one waited, and goes first.
  const turn = set.nextTurn(set.openSession(key, taskId, at, prepared.sessionKey));
  set.changeTask(task, { state: verdict.state, takes: 0, turn, expiresAt: undefined, updatedAt: at });
  return finish(set, prepared, taskId, { type: 'status.changed', status: { state: verdict.state, timestamp: isoTime(at) } });
}

function isOfSession(task: TaskRecord, key: SessionKey): boolean {
  return (
    task.child === undefined &&
    task.agent === key.agent &&
    task.owner === key.owner &&
    task.contextId === key.contextId &&
    task.tenant === key.tenant
  );
}

function finish(set: WorkingSet, prepared: PreparedAccept, taskId: string, status?: TaskEventBody): Accepted {
  const { key, messageHash, at } = prepared.input;
  set.appendMessage(set.openSession(key, taskId, at, prepared.sessionKey), taskId, prepared.messageJson, at);
  set.accepted.set(prepared.acceptedKey, { taskId, messageHash });
  set.pending.accepted.push([prepared.acceptedKey, taskId, messageHash, at]);
  const events = [set.appendEvent(taskId, prepared.body, at, prepared.bodyJson)];
  if (status !== undefined) events.push(set.appendEvent(taskId, status, at));
  return { type: 'accepted', task: set.getTask(taskId).record, events };
}

/** What no database stores as it is: NUL, and halves of surrogate pairs. Texts inside JSON are escaped and safe. */
function assertStorable({ key, tenant, newTaskId }: AcceptInput): void {
  for (const [field, text] of Object.entries({ agent: key.agent, owner: key.owner, contextId: key.contextId, tenant })) {
    if (!/[\0\p{Surrogate}]/u.test(text)) continue;
    const description = 'must be well-formed Unicode without NUL characters';
    throw new AppError('PARAMS_INVALID', { message: `${field} ${description}`, problems: [{ field, description }] });
  }
  if (!isTaskId(newTaskId))
    throw new AppError('INTERNAL', { message: `'${newTaskId}' cannot be a task id: 1 to 64 visible ASCII characters` });
}
