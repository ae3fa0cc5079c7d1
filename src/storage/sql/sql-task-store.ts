/**
 * The run log in SQL (ARCHITECTURE §5). Writes go through group commit, reads beside them.
 *
 * Owns: rows of tasks, events, tool calls, sessions and accepted messages. Does not own: which state may follow which
 * (`tasks/transition.ts`), connections (`database.ts`).
 * Every write holds the lock of its task's row (and of its session's, where it appends or hands over) from
 * reading to commit, so each decision stands when it is written.
 */
import { type Clock, systemClock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { faultPoint } from '../../base/fault-points.js';
import type { Message } from '../../protocol/a2a.js';
import type { OwnerScope } from '../../tasks/owner-scope.js';
import type {
  ExpireOutcome,
  HoldOutcome,
  OpenRunQuery,
  OpenRunStatistics,
  Pause,
  RecoveryStore,
  ReleaseOptions,
  ResumeOutcome,
  RetentionStore,
} from '../../tasks/recovery-store.js';
import type { SessionMessage } from '../../tasks/session-message.js';
import type { SessionState } from '../../tasks/session-state.js';
import type { TaskEvent } from '../../tasks/task-event.js';
import type { ListedTask, TaskListFilter, TaskListQuery, TaskListStore } from '../../tasks/task-list-store.js';
import type {
  AcceptInput,
  AcceptOutcome,
  CancelOutcome,
  ChildRecord,
  CommitOutcome,
  SessionKey,
  SessionRange,
  StepCommit,
  TakeOutcome,
  TaskHead,
  TaskRecord,
  TaskStore,
} from '../../tasks/task-store.js';
import type { RecordOutcome, SessionToolCall, StepRecord, ToolCallQuery, ToolCallRecord, ToolCallStore } from '../../tasks/tool-call.js';
import type { Database } from './database.js';
import { GroupCommit } from './group-commit.js';
import type { Query } from './query.js';
import { acceptWrite } from './run-log/accept.js';
import { cancelWrite } from './run-log/cancel.js';
import { commitWrite } from './run-log/commit.js';
import { expireWrite } from './run-log/expire.js';
import { holdWrite, releaseWrite, resumeWrite } from './run-log/hold.js';
import { readDue, readOpenRuns, readStatistics, readTaken } from './run-log/open-runs.js';
import { RecentCounts } from './run-log/recent-counts.js';
import { RecentSessions } from './run-log/recent-sessions.js';
import { recordWrite } from './run-log/record.js';
import { completeEnded, deleteEvents, deleteSessions, deleteTasks } from './run-log/retention.js';
import { sessionKeyOf } from './run-log/rows.js';
import { readSessionState } from './run-log/session-states.js';
import { takeWrite } from './run-log/take.js';
import { countTasks, readEventsOfTasks, readLogSizes, readTaskPage } from './run-log/task-list.js';
import {
  countToolCalls,
  findTask,
  findTaskHead,
  isAccepted,
  readEvents,
  readOldestUnclaimed,
  readRunnable,
  readSequences,
  readSessionMessages,
  readSessionToolCalls,
  readToolCalls,
  type SessionPartRange,
} from './run-log/task-reads.js';
import { AGAIN, type Again } from './run-log/tree.js';
import { readChildren, readDescendants } from './run-log/tree-reads.js';
import { type RunLogWrite, writeGroup } from './run-log/write-group.js';
import type { SessionTransfer } from './session-transfer.js';
import { readSeparateMessages } from './session-transfer-reads.js';

/** SES-10 */
export interface SeparateSessions {
  readonly sessions: Database;
  readonly transfer: Pick<SessionTransfer, 'wrote'>;
}

export class SqlTaskStore implements TaskStore, TaskListStore, ToolCallStore, RecoveryStore, RetentionStore {
  readonly eventsOfTasks: TaskListStore['eventsOfTasks'];
  readonly logSizes: TaskListStore['logSizes'];
  readonly #database: Database;
  readonly #separate: SeparateSessions | undefined;
  readonly #recent: RecentSessions;
  readonly #counts: RecentCounts;
  readonly #group: GroupCommit<RunLogWrite<unknown>>;

  /** @param separate where messages of sessions go, if not into `database` (SES-10). */
  constructor(database: Database, separate?: SeparateSessions, clock: Clock = systemClock) {
    this.#database = database;
    this.#separate = separate;
    this.#recent = new RecentSessions(database);
    this.#counts = new RecentCounts((filter) => countTasks(database, filter), clock);
    this.eventsOfTasks = readEventsOfTasks(database);
    this.logSizes = readLogSizes(database);
    this.#group = new GroupCommit({
      concurrentGroups: database.dialect.concurrentGroups,
      run: (writes, maxWaitMs) => database.transact(() => writeGroup(database.dialect, writes), maxWaitMs),
      clock,
      waitLimitMs: database.dialect.lockWaitMs,
    });
  }

  async accept({ worker, ...given }: AcceptInput): Promise<AcceptOutcome> {
    // As with `take`: a run that begins reads its session, which may be away where it lies elsewhere.
    const input = worker === undefined || this.#separate !== undefined ? given : { ...given, worker };
    for (;;) {
      const outcome = await this.#write('accept', (wholeTree) => acceptWrite(input, wholeTree));
      // R11: the run that is in the way may be of this very message, accepted while it waited for the session's lock.
      if (outcome.type === 'active' && (await this.isAccepted(input.dedupeKey))) continue;
      if (outcome.type === 'accepted') this.#separate?.transfer.wrote(sessionKeyOf(outcome.task));
      return outcome;
    }
  }

  isAccepted(dedupeKey: string): Promise<boolean> {
    return isAccepted(this.#database, dedupeKey);
  }

  async take(taskId: string, at: number, worker = ''): Promise<TakeOutcome> {
    // A run begins with its session. While that cannot be read, taking would only use up the takes that a run has.
    await this.#separate?.sessions.read(PING);
    return await this.#write('take', (wholeTree) => takeWrite(taskId, at, worker, wholeTree));
  }

  async commit(commit: StepCommit): Promise<CommitOutcome> {
    const outcome = await this.#write('commit', (wholeTree) => commitWrite(commit, wholeTree));
    if (this.#separate === undefined || outcome.type === 'lost') return outcome;
    const wrote = [...(commit.messages.length > 0 ? [outcome.task] : []), ...(commit.branch === undefined ? [] : (outcome.wakes ?? []))];
    for (const task of wrote) this.#separate.transfer.wrote(sessionKeyOf(task));
    return outcome;
  }

  record(record: StepRecord): Promise<RecordOutcome> {
    return this.#write('record', () => recordWrite(record));
  }

  toolCalls(taskId: string, query: ToolCallQuery = {}): Promise<readonly ToolCallRecord[]> {
    return readToolCalls(this.#database, taskId, query);
  }

  countToolCalls(taskId: string): Promise<number> {
    return countToolCalls(this.#database, taskId);
  }

  sessionToolCalls(taskId: string, callIds: readonly string[]): Promise<readonly SessionToolCall[]> {
    return readSessionToolCalls(this.#database, taskId, callIds);
  }

  release(taskId: string, epoch: number, at: number, options: ReleaseOptions = {}): Promise<void> {
    return this.#write('release', () => releaseWrite({ taskId, epoch, at, ...options }));
  }

  hold(taskId: string, epoch: number, at: number, expiresAt?: number): Promise<HoldOutcome> {
    return this.#write('hold', () => holdWrite({ taskId, epoch, at, expiresAt }));
  }

  resume(taskId: string, owner: string | undefined, at: number): Promise<ResumeOutcome> {
    return this.#write('resume', (wholeTree) => resumeWrite({ taskId, owner, at, wholeTree }));
  }

  due(at: number, limit: number): Promise<readonly TaskRecord[]> {
    return readDue(this.#database, at, limit);
  }

  expire(taskId: string, reason: string, at: number): Promise<ExpireOutcome> {
    return this.#write('expire', (wholeTree) => expireWrite({ taskId, reason, at, wholeTree }));
  }

  taken(limit: number, after: Pick<TaskRecord, 'worker' | 'id'> = BEFORE_ALL_TAKEN): Promise<readonly TaskRecord[]> {
    return readTaken(this.#database, limit, after);
  }

  openRuns(query: OpenRunQuery): Promise<readonly TaskRecord[]> {
    return readOpenRuns(this.#database, query);
  }

  statistics(owner: OwnerScope | undefined, at: number): Promise<OpenRunStatistics> {
    return readStatistics(this.#database, owner, at);
  }

  cancel(taskId: string, owner: string, message: Message | undefined, at: number): Promise<CancelOutcome> {
    return this.#write('cancel', (wholeTree) => cancelWrite({ taskId, owner, message, at, wholeTree }));
  }

  find(taskId: string, owner: string | undefined): Promise<TaskRecord | undefined> {
    return findTask(this.#database, taskId, owner);
  }

  findHead(taskId: string, owner: string | undefined): Promise<TaskHead | undefined> {
    return findTaskHead(this.#database, taskId, owner);
  }

  events(taskId: string, afterSeq: number, limit = 1_000, maxBytes?: number): Promise<readonly TaskEvent[]> {
    return readEvents(this.#database, { taskId, afterSeq, limit, maxBytes });
  }

  sequences(taskIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return readSequences(this.#database, taskIds);
  }

  async sessionMessages(key: SessionKey, { upToTurn = MAX, limit = MAX }: SessionRange = {}): Promise<readonly SessionMessage[]> {
    const range = { sessionKey: sessionKeyOf(key), upToTurn, limit };
    if (key.child === undefined && this.#separate === undefined) return this.#recent.read(range);
    const own = await this.#readMessages({ ...range, upToPosition: MAX });
    const inherits = key.child?.inherits ?? [];
    if (inherits.length === 0) return own;
    const parts = await Promise.all(inherits.map((part) => this.#readMessages({ ...part, limit })));
    const all = [...parts.flat(), ...own];
    return all.slice(Math.max(0, all.length - limit));
  }

  children(parentId: string, messagesOf?: readonly string[]): Promise<readonly ChildRecord[]> {
    return readChildren(this.#database, parentId, { messagesOf, separate: this.#separate?.sessions });
  }

  descendants(rootId: string): Promise<readonly TaskRecord[]> {
    return readDescendants(this.#database, rootId);
  }

  sessionState(task: TaskRecord): Promise<SessionState> {
    return readSessionState(this.#database, task);
  }

  runnable(before: number, limit: number, after = BEFORE_ALL): Promise<readonly TaskRecord[]> {
    return readRunnable(this.#database, before, limit, after);
  }

  listTasks(query: TaskListQuery): Promise<readonly ListedTask[]> {
    return readTaskPage(this.#database, query);
  }

  countTasks(filter: TaskListFilter): Promise<number> {
    return this.#counts.count(filter);
  }

  completeEnded(limit: number, pause?: Pause): Promise<number> {
    return completeEnded(this.#database, limit, pause);
  }

  deleteTasks(before: number, limit: number, pause?: Pause): Promise<number> {
    return deleteTasks(this.#database, { before, limit, pause }, this.#separate?.sessions);
  }

  deleteEvents(before: number, limit: number, pause?: Pause): Promise<number> {
    return deleteEvents(this.#database, { before, limit, pause });
  }

  deleteSessions(before: number, limit: number, pause?: Pause): Promise<number> {
    return deleteSessions(this.#database, { before, limit, pause }, this.#separate?.sessions);
  }

  oldestUnclaimed(): Promise<TaskRecord | undefined> {
    return readOldestUnclaimed(this.#database);
  }

  /** How long writes have got nowhere, milliseconds; 0 = they get through. */
  writeStallMs(): number {
    return this.#group.stallMs();
  }

  #readMessages(range: SessionPartRange): Promise<readonly SessionMessage[]> {
    if (this.#separate === undefined) return readSessionMessages(this.#database, range);
    return readSeparateMessages({ runs: this.#database, sessions: this.#separate.sessions }, range);
  }

  /** Tried again, with the whole trees of the runs that it is about, when it turns out that others are concerned (`run-log/tree.ts`). */
  async #write<Outcome>(name: string, prepare: (wholeTree: boolean) => RunLogWrite<Outcome | Again>): Promise<Outcome> {
    await faultPoint(`store.${name}.before`);
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const outcome = await this.#group.submit(prepare(tries > 1));
      if (outcome === AGAIN) continue;
      await faultPoint(`store.${name}.after`);
      return outcome as Outcome;
    }
    throw new AppError('DATABASE_BUSY', {
      message: `Runs of the session or the tree changed ${MAX_TRIES} times while a write waited for them (${name})`,
      retryAfterMs: 1_000,
    });
  }
}

const MAX = 2 ** 31 - 1;
const PING: Query = { sql: 'SELECT 1', parameters: [] };
/** Each time another process was quicker; the one that was has been served. */
const MAX_TRIES = 100;
const BEFORE_ALL = { updatedAt: -1, id: '' };
const BEFORE_ALL_TAKEN = { worker: '', id: '' };
