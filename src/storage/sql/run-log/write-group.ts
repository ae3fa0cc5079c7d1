/**
 * One transaction for many writes of the run log: load and lock, let each decide, write all.
 * The number of statements does not grow with the number of members where a statement is a round trip.
 *
 * Locks are taken in one order everywhere, tasks by id, then sessions by key, so that groups of different
 * processes wait for each other but never in a circle. Which runs of a session a member ends is read before they are locked; one that
 * joined them meanwhile shows once the session is locked, as one that is not loaded, and that member is tried again. So are the runs of
 * a tree: the count of children in each locked row tells whether all of them were seen (`tree.ts`).
 */
import type { TaskState } from '../../../protocol/a2a.js';
import { isTerminal } from '../../../protocol/task-state.js';
import type { ToolCallStatus } from '../../../tasks/tool-call.js';
import type { FirstPerKey, SqlDialect } from '../dialects/dialect.js';
import { late, type Program, type Query, rowsOf, rowsOfAll } from '../query.js';
import type { AcceptedMessageTable, SessionTable, TaskTable, ToolCallTable } from '../schema.js';
import { FAMILY_CHANGE } from './family.js';
import {
  ACCEPTED_MESSAGE,
  ROLLED_BACK_RUN,
  ROOT_TASK,
  SESSION,
  SESSION_CHANGE,
  SESSION_MESSAGE,
  type StoredTask,
  TASK,
  TASK_CHANGE,
  TASK_EVENT,
  TASK_STEP,
  toChildRow,
  toFamilyChange,
  toSessionRow,
  toStoredTask,
  toTaskChange,
  toTaskRow,
} from './rows.js';
import { TOOL_CALL, TOOL_CALL_CHANGE, TOOL_CALL_HEAD } from './tool-calls.js';
import { WorkingSet } from './working-set.js';

/** One member of a group: what it must see, and its verdict on what it saw. */
export interface RunLogWrite<Outcome> {
  /** Hash of the dedupe key whose task it wants to know. */
  readonly acceptedKey?: string;
  readonly taskId?: string;
  /** Further tasks that it may change. */
  readonly taskIds?: readonly string[];
  /** It may end runs below the tasks that it ends: the whole trees of `taskId` and of active runs are read before they are locked with the rest. */
  readonly wholeTree?: boolean;
  /** Sessions of further tasks that it appends to. */
  readonly sessionKeys?: readonly string[];
  /** Session that it appends to, when it can name it before reading. */
  readonly sessionKey?: string;
  /** It appends to its task's session, or hands over to the next run there. */
  readonly locksSession: boolean | ((task: StoredTask) => boolean);
  /** It asks which run of its task's session comes first. */
  readonly readsHead: boolean;
  /** It may end the runnable runs of `sessionKey`, unless its message was accepted before: they are locked with the other tasks. */
  readonly endsActiveRuns?: boolean;
  /** Tool calls of its task that it writes. */
  readonly toolCallKeys?: readonly string[];
  decide(set: WorkingSet): Outcome;
}

export function* writeGroup(dialect: SqlDialect, writes: readonly RunLogWrite<unknown>[]): Program<readonly unknown[]> {
  const set = yield* load(dialect, writes);
  const outcomes = writes.map((write) => write.decide(set));
  for (const query of flush(dialect, set)) yield late(query);
  return outcomes;
}

function* load({ rows }: SqlDialect, writes: readonly RunLogWrite<unknown>[]): Program<WorkingSet> {
  const set = new WorkingSet();
  const acceptedKeys = unique(writes.map((write) => write.acceptedKey));
  for (const row of yield* rowsOfAll<AcceptedMessageTable>(rows.select(ACCEPTED_MESSAGE, acceptedKeys, { lock: false }))) {
    set.accepted.set(row.dedupe_key, { taskId: row.task_id, messageHash: row.message_hash });
  }
  const ending = writes.filter((write) => write.endsActiveRuns && !set.accepted.has(write.acceptedKey ?? ''));
  const activeIds = yield* readActiveIds(unique(ending.map((write) => write.sessionKey)));
  const acceptedIds = [...set.accepted.values()].map((accepted) => accepted.taskId);
  const whole = writes.filter((write) => write.wholeTree);
  const treeIds = yield* readTrees(set, unique([...whole.map((write) => write.taskId), ...(whole.length === 0 ? [] : activeIds)]));
  const ownIds = writes.flatMap(({ taskId, taskIds = [] }) => [taskId, ...taskIds]);
  const taskIds = unique([...ownIds, ...acceptedIds, ...activeIds, ...treeIds]);
  for (const row of yield* rowsOfAll<TaskTable>(rows.select(TASK, taskIds, { lock: true }))) set.tasks.set(row.id, toStoredTask(row));

  const sessionOf = (write: RunLogWrite<unknown>): string | undefined => write.sessionKey ?? set.tasks.get(write.taskId ?? '')?.sessionKey;
  const locksSession = ({ locksSession: locks, taskId = '' }: RunLogWrite<unknown>): boolean => {
    if (typeof locks === 'boolean') return locks;
    const task = set.tasks.get(taskId);
    return task !== undefined && locks(task);
  };
  const sessionKeys = unique([...writes.filter(locksSession).map(sessionOf), ...writes.flatMap((write) => write.sessionKeys ?? [])]);
  for (const row of yield* rowsOfAll<SessionTable>(rows.select(SESSION, sessionKeys, { lock: true })))
    set.sessions.set(row.session_key, { ...row });

  // After the session's lock: a run accepted before it is seen here, one accepted later is enqueued after this commit.
  const sessionIdOf = (write: RunLogWrite<unknown>) =>
    set.tasks.get(write.taskId ?? '')?.sessionId ?? set.sessions.get(write.sessionKey ?? '')?.session_id;
  const heads = headsToRead(set, unique(writes.filter((write) => write.readsHead).map(sessionIdOf)));
  for (const row of yield* rowsOfAll<TaskTable>(rows.selectFirst(TASK, 'open_session', 'turn', heads))) {
    if (set.tasks.has(row.id)) continue;
    const known = set.otherHeads.get(row.session_id);
    if (known === undefined || row.turn < known.record.turn) set.otherHeads.set(row.session_id, toStoredTask(row));
  }
  const callKeys = unique(writes.flatMap((write) => write.toolCallKeys ?? []));
  const calls = yield* rowsOfAll<Pick<ToolCallTable, 'call_key' | 'status' | 'step' | 'epoch'>>(
    rows.select(TOOL_CALL_HEAD, callKeys, { lock: false }),
  );
  for (const { call_key, status, step, epoch } of calls) {
    set.toolCalls.set(call_key, { status: status as ToolCallStatus, step, epoch });
  }
  return set;
}

function* readActiveIds(sessionKeys: readonly string[]): Program<readonly string[]> {
  if (sessionKeys.length === 0) return [];
  const marks = sessionKeys.map(() => '?').join(', ');
  const rows = yield* rowsOf<Pick<TaskTable, 'id'>>({ sql: `${ACTIVE_IDS} (${marks})`, parameters: sessionKeys });
  return rows.map((row) => row.id);
}

/** Notes all children in these tasks' trees, and names the runs of them that have not ended. */
function* readTrees(set: WorkingSet, taskIds: readonly string[]): Program<readonly string[]> {
  if (taskIds.length === 0) return [];
  const roots = yield* rowsOf<Pick<TaskTable, 'id' | 'root_id'>>({ sql: `${ROOT_IDS} (${marksFor(taskIds)})`, parameters: taskIds });
  const rootIds = unique(roots.map(({ id, root_id }) => root_id ?? id));
  if (rootIds.length === 0) return [];
  const rows = yield* rowsOf<Pick<TaskTable, 'id' | 'parent_id' | 'state'>>({
    sql: `${TREE} (${marksFor(rootIds)})`,
    parameters: rootIds,
  });
  for (const { id, parent_id, state } of rows) {
    if (parent_id !== null) set.noteChild(parent_id, { id, isTerminal: isTerminal(state as TaskState) });
  }
  return [...rootIds, ...rows.filter(({ state }) => !isTerminal(state as TaskState)).map(({ id }) => id)];
}

function marksFor(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

function flush(dialect: SqlDialect, set: WorkingSet): readonly Query[] {
  const { newSessions, changedSessions, events, messages, accepted, rolledBack, newCalls, changedCalls, states } = set.pending;
  const { newTasks, newChildren, changedFamilies } = set.pending;
  const { rows } = dialect;
  const session = (key: string) => toSessionRow(set.sessions.get(key) as SessionTable);
  const width = Object.keys(SESSION_CHANGE.columns).length;
  return [
    ...rows.insert(ACCEPTED_MESSAGE, accepted),
    ...rows.insert(SESSION, [...newSessions].map(session)),
    ...whenAny(changedSessions, (keys) =>
      rows.update(
        SESSION_CHANGE,
        keys.map(session).map((row) => row.slice(0, width)),
      ),
    ),
    ...whenAny(newTasks, (ids) =>
      rows.insert(
        ROOT_TASK,
        ids.filter((id) => !newChildren.has(id)).map((id) => toTaskRow(set.getTask(id))),
      ),
    ),
    ...whenAny(newChildren, (ids) =>
      rows.insert(
        TASK,
        ids.map((id) => toChildRow(set.getTask(id))),
      ),
    ),
    ...taskChanges(dialect, set),
    ...whenAny(changedFamilies, (ids) =>
      rows.update(
        FAMILY_CHANGE,
        ids.filter((id) => !newTasks.has(id)).map((id) => toFamilyChange(set.getTask(id))),
      ),
    ),
    ...rows.insert(TASK_EVENT, events),
    ...rows.insert(SESSION_MESSAGE, messages),
    ...rows.insert(ROLLED_BACK_RUN, rolledBack),
    ...rows.insert(TOOL_CALL, [...newCalls.values()]),
    ...rows.update(TOOL_CALL_CHANGE, [...changedCalls.values()]),
    ...states.queries(rows),
  ];
}

/** Most commits are steps of a task whose status stays; its place in lists need not be written again. */
function taskChanges({ rows, rewritesNamedColumns }: SqlDialect, set: WorkingSet): readonly Query[] {
  const { changedTasks, changedStatuses } = set.pending;
  const changes = (ids: readonly string[]) => ids.map((id) => toTaskChange(set.getTask(id)));
  if (!rewritesNamedColumns) return whenAny(changedTasks, (ids) => rows.update(TASK_CHANGE, changes(ids)));
  const width = Object.keys(TASK_STEP.columns).length;
  const steps = [...changedTasks].filter((id) => !changedStatuses.has(id));
  return [
    ...rows.update(TASK_CHANGE, changes([...changedTasks].filter((id) => changedStatuses.has(id)))),
    ...rows.update(
      TASK_STEP,
      changes(steps).map((change) => change.slice(0, width)),
    ),
  ];
}

function whenAny(keys: ReadonlySet<string>, make: (keys: readonly string[]) => readonly Query[]): readonly Query[] {
  return keys.size === 0 ? [] : make([...keys]);
}

/**
 * Loaded runs of a session may stand before the first one that is not loaded. There is none in a locked session that has given no more
 * turns than it has loaded runs: each run has had one or more of its own.
 */
function headsToRead(set: WorkingSet, sessionIds: readonly string[]): readonly FirstPerKey[] {
  if (sessionIds.length === 0) return [];
  const loaded = new Map<string, number>();
  for (const { sessionId } of set.tasks.values()) loaded.set(sessionId, (loaded.get(sessionId) ?? 0) + 1);
  const turns = new Map<string, number>();
  for (const { session_id, last_turn } of set.sessions.values()) turns.set(session_id, last_turn);
  return sessionIds.flatMap((key) => {
    const count = loaded.get(key) ?? 0;
    return count >= (turns.get(key) ?? Number.POSITIVE_INFINITY) ? [] : [{ key, limit: count + 1 }];
  });
}

function unique(keys: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(keys.filter((key) => key !== undefined))].sort();
}

const ACTIVE_IDS = 'SELECT t.id FROM sessions AS s JOIN tasks AS t ON t.open_session = s.session_id WHERE s.session_key IN';
const ROOT_IDS = 'SELECT id, root_id FROM tasks WHERE id IN';
const TREE = 'SELECT id, parent_id, state FROM tasks WHERE root_id IN';
