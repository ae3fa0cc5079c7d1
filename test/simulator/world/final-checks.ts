/** What must hold once everything rests: read from the tables, against what clients were told and what each step knew. */
import { isTerminal } from '../../../src/protocol/task-state.js';
import type { ChildOrigin, InheritedSession } from '../../../src/tasks/child-runs.js';
import type { SessionMessage } from '../../../src/tasks/session-message.js';
import type { TaskEvent } from '../../../src/tasks/task-event.js';
import type { Audit, AuditedTask } from './audit.js';
import type { ConversationResult } from './conversation.js';
import { checkJoins } from './join-checks.js';
import type { SharedDatabase } from './shared-database.js';
import { describeHistory, ownName, STAMPS, type Stamp } from './stamped-agent.js';
import type { World } from './world.js';

interface StoredMessage {
  readonly session_id: string;
  readonly turn: number;
  readonly position: number;
  readonly task_id: string;
  readonly message: SessionMessage;
}

export function checkAtRest(world: World, results: readonly ConversationResult[]): void {
  const { audit, database, outside } = world;
  const messages = database
    .look<Omit<StoredMessage, 'message'> & { body: string }>(MESSAGES)
    .map((row): StoredMessage => ({ ...row, message: JSON.parse(row.body) as SessionMessage }));
  for (const task of audit.tasks.values()) {
    const events = audit.eventsOf(task.id);
    audit.assert(isTerminal(task.state), 'rest', () => `${task.id} never ended: ${JSON.stringify(task)}`);
    checkEnd(audit, task.id, events);
    checkSteps(audit, task, messages, database);
  }
  checkSessions(audit, messages);
  checkJoins(world);
  checkTold(audit, results);
  outside.check();
  outside.checkLedger();
}

/** R5, R6: one end, and nothing after it. */
function checkEnd(audit: Audit, taskId: string, events: readonly TaskEvent[]): void {
  const ends = events.filter((event) => event.type === 'status.changed' && isTerminal(event.status.state));
  audit.assert(
    ends.length === 1 && ends[0] === events.at(-1),
    'R5',
    () => `${taskId} ends ${ends.length} times: ${JSON.stringify(events)}`,
  );
}

/** R2, R3, R8, R12: each step once, under its epoch, on exactly the history before it. */
function checkSteps(audit: Audit, task: AuditedTask, messages: readonly StoredMessage[], database: SharedDatabase): void {
  const { id: taskId, root_id: rootId } = task;
  const artifactId = ownName(STAMPS, { id: taskId, ...(rootId === null ? {} : { child: originOf(task) }) });
  const events = audit.eventsOf(rootId ?? taskId);
  const inherited = rootId === null ? [] : originOf(task).inherits.flatMap((part) => partOf(database, part, messages));
  let epoch = 0;
  const own = messages.filter(({ task_id, message }) => task_id === taskId && message.role !== 'user');
  const stamps = events.flatMap((event) => stampsOf(event, artifactId).map((stamp) => ({ event, stamp })));
  const versions = new Set<string>();
  for (const [index, { event, stamp }] of stamps.entries()) {
    const what = () =>
      `step ${index + 1} of ${taskId} is stamped ${JSON.stringify(stamp)} and stands in event ${event.seq}, epoch ${event.epoch}`;
    audit.assert(stamp.place === index, 'R2', what);
    audit.assert(rootId === null ? stamp.epoch === event.epoch : stamp.epoch >= epoch, 'R3', what);
    epoch = stamp.epoch;
    versions.add(stamp.version);
    const first = own.find(({ message }) => message.id === stamp.added[0]);
    if (first === undefined) continue;
    const before = messages.filter((other) => other.session_id === first.session_id && isBefore(other, first));
    const seen = describeHistory([...inherited, ...before].map(({ message }) => message));
    audit.assert(stamp.seen === seen, 'R8', () => `${what()}; it saw ${stamp.seen}, before it stand ${seen}`);
  }
  const added = stamps.flatMap(({ stamp }) => stamp.added);
  const said = own.map(({ message }) => message.id);
  audit.assert(added.join() === said.join(), 'R2', () => `the steps of ${taskId} added ${added.join()}, its session has ${said.join()}`);
  audit.assert(versions.size <= 1, 'R12', () => `${taskId} ran on the versions ${[...versions].join(', ')}`);
}

function originOf({ id, root_id, origin }: AuditedTask): ChildOrigin {
  return { ...(JSON.parse(origin ?? '{}') as ChildOrigin), rootId: root_id ?? id };
}

/** What stood in a session above when the branch began. */
function partOf(database: SharedDatabase, part: InheritedSession, messages: readonly StoredMessage[]): readonly StoredMessage[] {
  const [session] = database.look<{ session_id: string }>('SELECT session_id FROM sessions WHERE session_key = ?', part.sessionKey);
  return messages.filter((row) => row.session_id === session?.session_id && row.turn <= part.upToTurn && row.position <= part.upToPosition);
}

function stampsOf(event: TaskEvent, artifactId: string): readonly Stamp[] {
  if (event.type !== 'artifact.updated' || event.artifact.artifactId !== artifactId) return [];
  return event.artifact.parts.map(({ data }) => data as unknown as Stamp);
}

function isBefore(a: StoredMessage, b: StoredMessage): boolean {
  return a.turn < b.turn || (a.turn === b.turn && a.position < b.position);
}

/** Each message once; positions without a gap; the runs of a session one after the other. */
function checkSessions(audit: Audit, messages: readonly StoredMessage[]): void {
  const ids = new Set<string>();
  const positions = new Map<string, number[]>();
  for (const { session_id, position, message } of messages) {
    audit.assert(!ids.has(message.id), 'R11', () => `the message ${message.id} stands twice in its session`);
    ids.add(message.id);
    positions.set(session_id, [...(positions.get(session_id) ?? []), position]);
  }
  for (const [session, found] of positions) {
    const sorted = found.toSorted((a, b) => a - b);
    audit.assert(
      sorted.every((position, index) => position === index + 1),
      'R8',
      () => `the session ${session} has the places ${sorted.join(' ')}`,
    );
  }
}

/** R1, R6, R11: what clients were told is so. */
function checkTold(audit: Audit, results: readonly ConversationResult[]): void {
  const tasks = new Set(results.map(({ taskId }) => taskId));
  audit.assert(
    tasks.size === results.length && [...audit.tasks.values()].filter(({ root_id }) => root_id === null).length === results.length,
    'R11',
    () => `${results.length} messages became ${audit.tasks.size} tasks`,
  );
  for (const { taskId = '', wasCanceled, wasTooLateToCancel } of results) {
    const state = audit.tasks.get(taskId)?.state;
    audit.assert(state !== undefined, 'R1', () => `${taskId} was accepted and is gone`);
    audit.assert(!wasCanceled || state === 'TASK_STATE_CANCELED', 'R6', () => `${taskId} was canceled and is ${state}`);
    audit.assert(!wasTooLateToCancel || state !== 'TASK_STATE_CANCELED', 'R6', () => `${taskId} was too late to cancel and is ${state}`);
  }
}

const MESSAGES = 'SELECT session_id, turn, position, task_id, body FROM session_messages ORDER BY session_id, turn, position';
