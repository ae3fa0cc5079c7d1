/**
 * The run log in a `Map`, for tests of what reads it. Sessions have no order here: no run waits for another, none hands over.
 * Durability, fencing under load and SQL are tested elsewhere.
 */
import { isoTime } from '../../src/base/clock.js';
import { newId } from '../../src/base/ids.js';
import { isInterrupted, isRunnable, isTerminal } from '../../src/protocol/task-state.js';
import type { BranchWrite } from '../../src/tasks/child-runs.js';
import { describeExpiry } from '../../src/tasks/describe-expiry.js';
import type { OwnerScope } from '../../src/tasks/owner-scope.js';
import type {
  ExpireOutcome,
  HoldOutcome,
  OpenRunQuery,
  OpenRunStatistics,
  RecoveryStore,
  ReleaseOptions,
  ResumeOutcome,
} from '../../src/tasks/recovery-store.js';
import { type SessionState, scopeOf, withDelta } from '../../src/tasks/session-state.js';
import type { TaskEvent, TaskEventBody } from '../../src/tasks/task-event.js';
import type { ListedTask, TaskListFilter, TaskListQuery, TaskListStore } from '../../src/tasks/task-list-store.js';
import type {
  AcceptInput,
  AcceptOutcome,
  CancelOutcome,
  ChildRecord,
  CommitOutcome,
  StepCommit,
  TakeOutcome,
  TaskHead,
  TaskRecord,
  TaskStore,
  TreeChange,
} from '../../src/tasks/task-store.js';
import type {
  RecordOutcome,
  SessionToolCall,
  StepRecord,
  ToolCallQuery,
  ToolCallRecord,
  ToolCallStore,
} from '../../src/tasks/tool-call.js';
import { openRunsOf, statisticsOf, takenOf } from './in-memory-open-runs.js';
import { ENDED, isInHands, lateResults, modesOf, newRecord, type StoredTask, selectCalls, writeCalls } from './in-memory-records.js';
import { filterTasks, pageOf, withinBytes } from './in-memory-task-list.js';
import { InMemoryTree, scopeIdOf } from './in-memory-tree.js';

export class InMemoryTaskStore implements TaskStore, TaskListStore, ToolCallStore, RecoveryStore {
  readonly #tasks = new Map<string, StoredTask>();
  readonly #tree = new InMemoryTree({
    records: () => [...this.#tasks.values()].map(({ record }) => record),
    eventsOf: (id) => this.#get(id).events,
    add: (record) => void this.#tasks.set(record.id, { record, events: [], calls: new Map() }),
    change: (id, change) => this.#change(id, change),
    append: (id, epoch, at, bodies) => this.#append(id, epoch, at, bodies),
  });
  /** By scope (SES-03). */
  readonly #states = new Map<string, SessionState>();
  readonly #accepted = new Map<string, { readonly taskId: string; readonly messageHash: string }>();
  /** Thrown by every call while set. */
  outage: Error | undefined;
  /** Calls so far, by method. */
  readonly calls = { events: 0, eventsOfTasks: 0, sequences: 0, find: 0 };

  async accept(input: AcceptInput): Promise<AcceptOutcome> {
    this.#assertUp();
    const known = this.#accepted.get(input.dedupeKey);
    if (known !== undefined) {
      return { type: known.messageHash === input.messageHash ? 'duplicate' : 'conflict', task: this.#get(known.taskId).record };
    }
    if (input.taskId === undefined) {
      const { newTaskId: id, at } = input;
      this.#tasks.set(id, { record: newRecord(input), events: [], calls: new Map() });
      this.#accepted.set(input.dedupeKey, { taskId: id, messageHash: input.messageHash });
      const events = this.#append(id, 0, at, [
        {
          type: 'task.created',
          message: input.message,
          ...(input.metadata === undefined ? {} : { metadata: input.metadata }),
          ...modesOf(input),
        },
      ]);
      return { type: 'accepted', task: this.#get(id).record, events };
    }
    const task = this.#tasks.get(input.taskId);
    if (
      task === undefined ||
      task.record.owner !== input.key.owner ||
      task.record.tenant !== input.tenant ||
      task.record.child !== undefined
    )
      return { type: 'not-found' };
    if (isTerminal(task.record.state)) return { type: 'terminal', task: task.record };
    if (isRunnable(task.record.state)) return { type: 'busy', task: task.record };
    const expired = this.#expire(input.taskId, describeExpiry(task.record), input.at);
    if (expired.type === 'expired') return expired;
    this.#accepted.set(input.dedupeKey, { taskId: input.taskId, messageHash: input.messageHash });
    const events = this.#append(input.taskId, 0, input.at, [
      { type: 'message.added', message: input.message, ...modesOf(input) },
      { type: 'status.changed', status: { state: 'TASK_STATE_WORKING', timestamp: isoTime(input.at) } },
    ]);
    const change = { state: 'TASK_STATE_WORKING', takes: 0, expiresAt: undefined } as const;
    return { type: 'accepted', task: this.#change(input.taskId, { ...change, updatedAt: input.at }), events };
  }

  async take(taskId: string, at: number, worker = ''): Promise<TakeOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(taskId);
    if (task === undefined) return { type: 'not-found' };
    if (!isRunnable(task.record.state) || task.record.heldSince !== undefined || (task.record.openChildren ?? 0) > 0)
      return { type: 'not-runnable', task: task.record };
    const { worker: from, takes } = task.record;
    const epoch = task.record.epoch + 1;
    const isFirst = task.record.state === 'TASK_STATE_SUBMITTED';
    this.#change(taskId, { epoch, state: 'TASK_STATE_WORKING', worker, takes: takes + 1, updatedAt: at });
    const events = isFirst
      ? this.#append(taskId, epoch, at, [{ type: 'status.changed', status: { state: 'TASK_STATE_WORKING', timestamp: isoTime(at) } }])
      : [];
    return { type: 'taken', task: this.#get(taskId).record, events: task.record.child === undefined ? events : [], from };
  }

  async commit(commit: StepCommit): Promise<CommitOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(commit.taskId);
    if (task === undefined || !isInHands(task, commit)) return { type: 'lost', task: task?.record };
    const { record: before } = task;
    const events = this.#appendSteps(before, commit);
    writeCalls(this.#get(commit.taskId).calls, commit, commit.toolCalls ?? []);
    const changed = this.#change(commit.taskId, {
      state: commit.state,
      step: commit.step + 1,
      takes: 0,
      control: commit.control,
      worker: commit.goesOn === true && isRunnable(commit.state) ? before.worker : '',
      expiresAt: commit.expiresAt,
      updatedAt: commit.at,
    });
    this.#tree.said.set(before.id, [...(this.#tree.said.get(before.id) ?? []), ...commit.messages]);
    for (const [key, value] of Object.entries(commit.sessionState ?? {})) {
      const scope = scopeIdOf(before, scopeOf(key));
      this.#states.set(scope, withDelta(this.#states.get(scope) ?? {}, { [key]: value }));
    }
    const tree = commit.branch === undefined ? this.#tree.settle(before, commit.at) : this.#branchOff(changed, commit.branch, commit.at);
    if (isTerminal(commit.state) && (before.child?.state.taskId ?? before.id) === before.id) this.#states.delete(scopeIdOf(before, 'temp'));
    return { type: 'committed', events, task: this.#get(commit.taskId).record, ...tree };
  }

  #branchOff({ id }: TaskRecord, branch: BranchWrite, at: number): TreeChange {
    const change = this.#tree.branchOff(id, branch, at);
    for (const { taskId, ownState } of branch.starts) {
      if (ownState !== undefined) this.#states.set(scopeIdOf(this.#get(taskId).record, 'session'), ownState);
    }
    return change;
  }

  /** What a child puts out is its root's. */
  #appendSteps({ child }: TaskRecord, { taskId, epoch, at, events }: StepCommit): readonly TaskEvent[] {
    if (child === undefined) return this.#append(taskId, epoch, at, events);
    const isOwn = ({ type }: TaskEventBody) => type === 'status.changed';
    this.#append(taskId, epoch, at, events.filter(isOwn));
    return this.#append(
      child.rootId,
      this.#get(child.rootId).record.epoch,
      at,
      events.filter((body) => !isOwn(body)),
    );
  }

  async children(parentId: string, messagesOf?: readonly string[]): Promise<readonly ChildRecord[]> {
    this.#assertUp();
    return this.#tree.children(parentId, messagesOf);
  }

  async descendants(rootId: string): Promise<readonly TaskRecord[]> {
    this.#assertUp();
    return this.#tree.descendants(rootId);
  }

  async sessionState(task: TaskRecord): Promise<SessionState> {
    this.#assertUp();
    const scopes = (['session', 'user', 'app', 'temp'] as const).map((scope) => this.#states.get(scopeIdOf(task, scope)));
    return Object.assign({}, ...scopes) as SessionState;
  }

  async cancel(taskId: string, owner: string, _message: unknown, at: number): Promise<CancelOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(taskId);
    if (task === undefined || task.record.owner !== owner || task.record.child !== undefined) return { type: 'not-found' };
    if (task.record.state === 'TASK_STATE_CANCELED') return { type: 'already-canceled', task: task.record };
    if (isTerminal(task.record.state)) return { type: 'terminal', task: task.record };
    const epoch = task.record.epoch + 1;
    const events = this.#append(taskId, epoch, at, [
      { type: 'status.changed', status: { state: 'TASK_STATE_CANCELED', timestamp: isoTime(at) } },
    ]);
    const { record: before } = task;
    const canceled = this.#change(taskId, { ...ENDED, openChildren: 0, state: 'TASK_STATE_CANCELED', epoch, updatedAt: at });
    return { type: 'canceled', task: canceled, events, ...this.#tree.settle(before, at) };
  }

  async record(record: StepRecord): Promise<RecordOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(record.taskId);
    if (task === undefined) return 'lost';
    if (!isInHands(task, record)) {
      if (!isTerminal(task.record.state) || record.toolCalls.some(({ status }) => status !== 'done')) return 'lost';
      const late = lateResults(record, task.calls);
      writeCalls(this.#get(record.taskId).calls, record, late);
      return late.length === 0 ? 'lost' : 'recorded';
    }
    writeCalls(this.#get(record.taskId).calls, record, record.toolCalls);
    this.#change(record.taskId, { updatedAt: record.at });
    return 'recorded';
  }

  async toolCalls(taskId: string, query: ToolCallQuery = {}): Promise<readonly ToolCallRecord[]> {
    this.#assertUp();
    return selectCalls([...(this.#tasks.get(taskId)?.calls.values() ?? [])], query);
  }

  async countToolCalls(taskId: string): Promise<number> {
    return (await this.toolCalls(taskId)).length;
  }

  async sessionToolCalls(taskId: string, callIds: readonly string[]): Promise<readonly SessionToolCall[]> {
    this.#assertUp();
    const { agent, owner, contextId } = this.#get(taskId).record;
    const runs = [...this.#tasks.values()].filter(
      ({ record }) => record.agent === agent && record.owner === owner && record.contextId === contextId,
    );
    const calls = runs.flatMap(({ record, calls }) => [...calls.values()].map((call) => ({ ...call, taskState: record.state })));
    return calls.filter(({ callId }) => callIds.includes(callId)).sort((a, b) => a.createdAt - b.createdAt);
  }

  async release(taskId: string, epoch: number, at: number, { givesTakeBack = false }: ReleaseOptions = {}): Promise<void> {
    this.#assertUp();
    const task = this.#tasks.get(taskId);
    if (task === undefined || !isInHands(task, { epoch })) return;
    const takes = givesTakeBack ? Math.max(0, task.record.takes - 1) : task.record.takes;
    this.#change(taskId, { worker: '', takes, updatedAt: at });
  }

  async hold(taskId: string, epoch: number, at: number, expiresAt?: number): Promise<HoldOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(taskId);
    if (task === undefined || !isInHands(task, { epoch })) return { type: 'lost' };
    return { type: 'held', task: this.#change(taskId, { worker: '', heldSince: at, expiresAt, updatedAt: at }) };
  }

  async resume(taskId: string, owner: string | undefined, at: number): Promise<ResumeOutcome> {
    const task = await this.find(taskId, undefined);
    if (task === undefined || (owner !== undefined && task.owner !== owner)) return { type: 'not-found' };
    if (task.heldSince === undefined) return { type: 'not-held', task };
    const expired = this.#expire(taskId, describeExpiry(task), at);
    if (expired.type === 'expired') return expired;
    return { type: 'resumed', task: this.#change(taskId, { heldSince: undefined, resumedAt: at, expiresAt: undefined, updatedAt: at }) };
  }

  async due(at: number, limit: number): Promise<readonly TaskRecord[]> {
    const due = this.#records().filter(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt <= at);
    return due.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0)).slice(0, limit);
  }

  async expire(taskId: string, reason: string, at: number): Promise<ExpireOutcome> {
    this.#assertUp();
    return this.#expire(taskId, reason, at);
  }

  #expire(taskId: string, reason: string, at: number): ExpireOutcome {
    const { record } = this.#tasks.get(taskId) ?? {};
    if (record?.expiresAt === undefined || record.expiresAt > at) return { type: 'not-due' };
    if (isInterrupted(record.state) && !this.#tree.restsAbove(record)) return { type: 'not-due' };
    const message = { messageId: newId(at), taskId, contextId: record.contextId, role: 'ROLE_AGENT', parts: [{ text: reason }] } as const;
    const events = this.#append(taskId, record.epoch + 1, at, [
      { type: 'status.changed', status: { state: 'TASK_STATE_FAILED', message, timestamp: isoTime(at) } },
    ]);
    const task = this.#change(taskId, { ...ENDED, state: 'TASK_STATE_FAILED', epoch: record.epoch + 1, updatedAt: at });
    const { events: above, ...tree } = this.#tree.settleExpired(record, at);
    return { type: 'expired', task, events: record.child === undefined ? events : above, ...tree };
  }

  async taken(limit: number, after?: Pick<TaskRecord, 'worker' | 'id'>): Promise<readonly TaskRecord[]> {
    return takenOf(this.#records(), limit, after);
  }

  async openRuns(query: OpenRunQuery): Promise<readonly TaskRecord[]> {
    return openRunsOf(this.#records(), query);
  }

  async oldestUnclaimed(): Promise<TaskRecord | undefined> {
    const unclaimed = (await this.runnable()).filter(({ worker }) => worker === '');
    return unclaimed.toSorted((a, b) => a.updatedAt - b.updatedAt)[0];
  }

  async statistics(owner: OwnerScope | undefined, at: number): Promise<OpenRunStatistics> {
    return statisticsOf(this.#records(), owner, at);
  }

  async isAccepted(dedupeKey: string): Promise<boolean> {
    return this.#accepted.has(dedupeKey);
  }

  async find(taskId: string, owner: string | undefined): Promise<TaskRecord | undefined> {
    this.#assertUp();
    this.calls.find += 1;
    const task = this.#tasks.get(taskId);
    if (task === undefined || owner === undefined) return task?.record;
    return task.record.owner !== owner || task.record.child !== undefined ? undefined : task.record;
  }

  findHead(taskId: string, owner: string | undefined): Promise<TaskHead | undefined> {
    return this.find(taskId, owner);
  }

  async events(taskId: string, afterSeq: number, limit = 1000, maxBytes = Number.POSITIVE_INFINITY): Promise<readonly TaskEvent[]> {
    this.#assertUp();
    this.calls.events += 1;
    return withinBytes(this.#tasks.get(taskId)?.events.slice(afterSeq, afterSeq + limit) ?? [], maxBytes);
  }

  async sequences(taskIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.#assertUp();
    this.calls.sequences += 1;
    return new Map(taskIds.flatMap((id) => (this.#tasks.has(id) ? [[id, this.#get(id).record.seq] as const] : [])));
  }

  async listTasks(query: TaskListQuery): Promise<readonly ListedTask[]> {
    this.#assertUp();
    return pageOf(this.#listed(), query);
  }

  async countTasks(filter: TaskListFilter): Promise<number> {
    this.#assertUp();
    return filterTasks(this.#listed(), filter).length;
  }

  async eventsOfTasks(...[tasks, { artifacts }]: Parameters<TaskListStore['eventsOfTasks']>): ReturnType<TaskListStore['eventsOfTasks']> {
    this.calls.eventsOfTasks += 1;
    return new Map(tasks.filter(({ id }) => this.#tasks.has(id)).map(({ id, seq }) => [id, this.#wantedEvents(id, artifacts, seq)]));
  }

  async logSizes(...[tasks, { artifacts }]: Parameters<TaskListStore['logSizes']>): ReturnType<TaskListStore['logSizes']> {
    const found = tasks.filter(({ id }) => this.#tasks.has(id));
    return new Map(found.map(({ id }) => [id, Buffer.byteLength(JSON.stringify(this.#wantedEvents(id, artifacts)))]));
  }

  #wantedEvents(id: string, artifacts: boolean, seq?: number): TaskEvent[] {
    this.#assertUp();
    return this.#get(id)
      .events.slice(0, seq)
      .filter(({ type }) => artifacts || type !== 'artifact.updated');
  }

  async sessionMessages(): Promise<readonly []> {
    return [];
  }

  async runnable(): Promise<readonly TaskRecord[]> {
    return this.#records().filter((each) => isRunnable(each.state) && each.heldSince === undefined && (each.openChildren ?? 0) === 0);
  }

  #listed(): StoredTask[] {
    return [...this.#tasks.values()].filter(({ record }) => record.child === undefined);
  }

  #records(): TaskRecord[] {
    this.#assertUp();
    return [...this.#tasks.values()].map(({ record }) => record);
  }

  #append(taskId: string, epoch: number, at: number, bodies: readonly TaskEventBody[]): readonly TaskEvent[] {
    const { record, events } = this.#get(taskId);
    const added = bodies.map(
      (body, index): TaskEvent => ({ ...body, taskId, contextId: record.contextId, seq: record.seq + 1 + index, epoch, at }),
    );
    events.push(...added);
    this.#change(taskId, { seq: record.seq + added.length });
    return added;
  }

  #change(taskId: string, change: Partial<TaskRecord>): TaskRecord {
    const task = this.#get(taskId);
    task.record = { ...task.record, ...change };
    return task.record;
  }

  #get(taskId: string): StoredTask {
    const task = this.#tasks.get(taskId);
    if (task === undefined) throw new Error(`no task ${taskId}`);
    return task;
  }

  #assertUp(): void {
    if (this.outage !== undefined) throw this.outage;
  }
}
