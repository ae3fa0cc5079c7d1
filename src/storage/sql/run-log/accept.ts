import { isoTime } from '../../../base/clock.js';
import { AppError } from '../../../base/errors.js';
import type { TaskEventBody } from '../../../tasks/task-event.js';
import type { AcceptInput, AcceptOutcome } from '../../../tasks/task-store.js';
import { transition } from '../../../tasks/transition.js';
import { hashKey, isTaskId, sessionKeyOf } from './rows.js';
import type { WorkingSet } from './working-set.js';
import type { RunLogWrite } from './write-group.js';

/** R1, R11: a new task, or a waiting one goes on. */
export function acceptWrite(input: AcceptInput): RunLogWrite<AcceptOutcome> {
  assertStorable(input);
  const { message, metadata, taskId } = input;
  const body: TaskEventBody =
    taskId === undefined
      ? { type: 'task.created', message, ...(metadata === undefined ? {} : { metadata }) }
      : { type: 'message.added', message };
  // Everything that takes time happens here, before the transaction holds its locks.
  const prepared: PreparedAccept = {
    input,
    body,
    bodyJson: JSON.stringify(body),
    messageJson: JSON.stringify(input.sessionMessage),
    acceptedKey: hashKey(input.dedupeKey),
  };
  return {
    acceptedKey: prepared.acceptedKey,
    ...(taskId !== undefined && isTaskId(taskId) ? { taskId } : {}),
    sessionKey: sessionKeyOf(input.key),
    locksSession: true,
    readsHead: false,
    decide: (set) => decide(set, prepared),
  };
}

interface PreparedAccept {
  readonly input: AcceptInput;
  readonly body: TaskEventBody;
  readonly bodyJson: string;
  readonly messageJson: string;
  readonly acceptedKey: string;
}

function decide(set: WorkingSet, prepared: PreparedAccept): AcceptOutcome {
  const known = set.accepted.get(prepared.acceptedKey);
  // Its task may be gone: retention deleted both after this transaction saw the message and before it could lock the task.
  if (known !== undefined && set.tasks.has(known.taskId)) {
    const type = known.messageHash === prepared.input.messageHash ? 'duplicate' : 'conflict';
    return { type, task: set.getTask(known.taskId).record };
  }
  return prepared.input.taskId === undefined ? create(set, prepared) : resume(set, prepared, prepared.input.taskId);
}

function create(set: WorkingSet, prepared: PreparedAccept): AcceptOutcome {
  const { key, tenant, configVersion, traceparent, newTaskId: id, at } = prepared.input;
  // Another accept of this group with the same id must fail as it would fail alone: on the table's key.
  if (set.tasks.has(id)) throw new AppError('INTERNAL', { message: `the new task id ${id} is taken` });
  const session = set.openSession(key, id, at);
  set.addTask({
    sessionKey: session.session_key,
    sessionId: session.session_id,
    lastCall: 0,
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
      createdAt: at,
      updatedAt: at,
    },
  });
  return finish(set, prepared, id);
}

function resume(set: WorkingSet, prepared: PreparedAccept, taskId: string): AcceptOutcome {
  const { key, at } = prepared.input;
  const task = set.tasks.get(taskId);
  if (task === undefined || task.record.agent !== key.agent || task.record.owner !== key.owner || task.record.contextId !== key.contextId) {
    return { type: 'not-found' };
  }
  const verdict = transition(task.record.state, { type: 'continue' });
  if (verdict.type === 'refused') return { type: verdict.reason === 'terminal' ? 'terminal' : 'busy', task: task.record };
  // At the end of its session's order: a later run may have begun while this one waited, and goes first.
  const turn = set.nextTurn(set.openSession(key, taskId, at));
  set.changeTask(task, { state: verdict.state, takes: 0, turn, expiresAt: undefined, updatedAt: at });
  return finish(set, prepared, taskId, { type: 'status.changed', status: { state: verdict.state, timestamp: isoTime(at) } });
}

function finish(set: WorkingSet, prepared: PreparedAccept, taskId: string, status?: TaskEventBody): AcceptOutcome {
  const { key, messageHash, at } = prepared.input;
  set.appendMessage(set.openSession(key, taskId, at), taskId, prepared.messageJson, at);
  set.accepted.set(prepared.acceptedKey, { taskId, messageHash });
  set.pending.accepted.push([prepared.acceptedKey, taskId, messageHash, at]);
  const events = [set.appendEvent(taskId, prepared.body, at, prepared.bodyJson)];
  if (status !== undefined) events.push(set.appendEvent(taskId, status, at));
  return { type: 'accepted', task: set.getTask(taskId).record, events };
}

/** What no database stores as it is: NUL, and halves of surrogate pairs. Texts inside JSON are escaped and safe. */
function assertStorable({ key, tenant, newTaskId }: AcceptInput): void {
  for (const [field, text] of Object.entries({ ...key, tenant })) {
    if (!/[\0\p{Surrogate}]/u.test(text)) continue;
    const description = 'must be well-formed Unicode without NUL characters';
    throw new AppError('PARAMS_INVALID', { message: `${field} ${description}`, problems: [{ field, description }] });
  }
  if (!isTaskId(newTaskId))
    throw new AppError('INTERNAL', { message: `'${newTaskId}' cannot be a task id: 1 to 64 visible ASCII characters` });
}
