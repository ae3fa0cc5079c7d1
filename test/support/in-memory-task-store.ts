/**
 * The run log in a `Map`, for tests of what reads it. Sessions have no order here: no run waits for another, none hands over.
 * Durability, fencing under load and SQL are tested elsewhere.
 */
import { isoTime } from '../../src/base/clock.js';
import { newId } from '../../src/base/ids.js';
import { isInterrupted, isRunnable, isTerminal } from '../../src/protocol/task-state.js';
import { describeExpiry } from '../../src/tasks/describe-expiry.js';
import type {
  ExpireOutcome,
  HoldOutcome,
  OpenRunQuery,
  OpenRunStatistics,
  RecoveryStore,
  ReleaseOptions,
  ResumeOutcome,
} from '../../src/tasks/recovery-store.js';
import type { TaskEvent, TaskEventBody } from '../../src/tasks/task-event.js';
import type { ListedTask, TaskListFilter, TaskListQuery, TaskListStore } from '../../src/tasks/task-list-store.js';
import type {
  AcceptInput,
  AcceptOutcome,
  CancelOutcome,
  CommitOutcome,
  StepCommit,
  TakeOutcome,
  TaskRecord,
  TaskStore,
} from '../../src/tasks/task-store.js';
import type {
  RecordOutcome,
  SessionToolCall,
  StepRecord,
  ToolCallQuery,
  ToolCallRecord,
  ToolCallStore,
  ToolCallWrite,
} from '../../src/tasks/tool-call.js';
import { filterTasks, pageOf, withinBytes } from './in-memory-task-list.js';

interface StoredTask {
  record: TaskRecord;
  readonly events: TaskEvent[];
  /** By call id, in the order of their first writes. */
  readonly calls: Map<string, ToolCallRecord>;
}

export class InMemoryTaskStore implements TaskStore, TaskListStore, ToolCallStore, RecoveryStore {
  readonly #tasks = new Map<string, StoredTask>();
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
      const { newTaskId: id, key, tenant, configVersion, traceparent, at } = input;
      this.#tasks.set(id, {
        record: {
          ...key,
          id,
          tenant,
          configVersion,
          traceparent,
          state: 'TASK_STATE_SUBMITTED',
          epoch: 0,
          step: 1,
          takes: 0,
          turn: 1,
          seq: 0,
          control: {},
          worker: '',
          heldSince: undefined,
          expiresAt: undefined,
          createdAt: at,
          updatedAt: at,
        },
        events: [],
        calls: new Map(),
      });
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
    if (task === undefined || task.record.owner !== input.key.owner || task.record.tenant !== input.tenant) return { type: 'not-found' };
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
    if (!isRunnable(task.record.state) || task.record.heldSince !== undefined) return { type: 'not-runnable', task: task.record };
    const { worker: from, takes } = task.record;
    const epoch = task.record.epoch + 1;
    const isFirst = task.record.state === 'TASK_STATE_SUBMITTED';
    this.#change(taskId, { epoch, state: 'TASK_STATE_WORKING', worker, takes: takes + 1, updatedAt: at });
    const events = isFirst
      ? this.#append(taskId, epoch, at, [{ type: 'status.changed', status: { state: 'TASK_STATE_WORKING', timestamp: isoTime(at) } }])
      : [];
    return { type: 'taken', task: this.#get(taskId).record, events, from };
  }

  async commit(commit: StepCommit): Promise<CommitOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(commit.taskId);
    if (task === undefined || !isInHands(task, commit)) return { type: 'lost', task: task?.record };
    const events = this.#append(commit.taskId, commit.epoch, commit.at, commit.events);
    this.#writeCalls(commit, commit.toolCalls ?? []);
    const changed = this.#change(commit.taskId, {
      state: commit.state,
      step: commit.step + 1,
      takes: 0,
      control: commit.control,
      worker: commit.goesOn === true && isRunnable(commit.state) ? task.record.worker : '',
      expiresAt: commit.expiresAt,
      updatedAt: commit.at,
    });
    return { type: 'committed', events, task: changed };
  }

  async cancel(taskId: string, owner: string, _message: unknown, at: number): Promise<CancelOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(taskId);
    if (task === undefined || task.record.owner !== owner) return { type: 'not-found' };
    if (task.record.state === 'TASK_STATE_CANCELED') return { type: 'already-canceled', task: task.record };
    if (isTerminal(task.record.state)) return { type: 'terminal', task: task.record };
    const epoch = task.record.epoch + 1;
    const events = this.#append(taskId, epoch, at, [
      { type: 'status.changed', status: { state: 'TASK_STATE_CANCELED', timestamp: isoTime(at) } },
    ]);
    return { type: 'canceled', task: this.#change(taskId, { ...ENDED, state: 'TASK_STATE_CANCELED', epoch, updatedAt: at }), events };
  }

  async record(record: StepRecord): Promise<RecordOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(record.taskId);
    if (task === undefined) return 'lost';
    if (!isInHands(task, record)) {
      if (!isTerminal(task.record.state) || record.toolCalls.some(({ status }) => status !== 'done')) return 'lost';
      const late = record.toolCalls.filter(({ callId }) => {
        const row = task.calls.get(callId);
        return row?.status === 'intended' && row.epoch === record.epoch && row.step === record.step;
      });
      this.#writeCalls(record, late);
      return late.length === 0 ? 'lost' : 'recorded';
    }
    this.#writeCalls(record, record.toolCalls);
    this.#change(record.taskId, { updatedAt: record.at });
    return 'recorded';
  }

  async toolCalls(taskId: string, { callIds, openIn, newest }: ToolCallQuery = {}): Promise<readonly ToolCallRecord[]> {
    this.#assertUp();
    const calls = [...(this.#tasks.get(taskId)?.calls.values() ?? [])].filter(
      ({ callId, status, step }) =>
        (callIds === undefined || callIds.includes(callId)) &&
        (openIn === undefined || (status !== 'done' && (status !== 'denied' || step >= openIn))),
    );
    return newest === undefined ? calls : calls.slice(-newest);
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
    const task = await this.find(taskId, owner);
    if (task === undefined) return { type: 'not-found' };
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
    const message = { messageId: newId(at), taskId, contextId: record.contextId, role: 'ROLE_AGENT', parts: [{ text: reason }] } as const;
    const events = this.#append(taskId, record.epoch + 1, at, [
      { type: 'status.changed', status: { state: 'TASK_STATE_FAILED', message, timestamp: isoTime(at) } },
    ]);
    const task = this.#change(taskId, { ...ENDED, state: 'TASK_STATE_FAILED', epoch: record.epoch + 1, updatedAt: at });
    return { type: 'expired', task, events };
  }

  async taken(limit: number, after?: Pick<TaskRecord, 'worker' | 'id'>): Promise<readonly TaskRecord[]> {
    const placeOf = ({ worker, id }: Pick<TaskRecord, 'worker' | 'id'>) => `${worker}\n${id}`;
    const runs = (await this.openRuns({ status: 'running', limit: Number.POSITIVE_INFINITY })).toSorted((a, b) =>
      placeOf(a) < placeOf(b) ? -1 : 1,
    );
    return runs.filter((run) => after === undefined || placeOf(run) > placeOf(after)).slice(0, limit);
  }

  async openRuns({ owner, status, session, after, limit }: OpenRunQuery): Promise<readonly TaskRecord[]> {
    const runs = this.#records().filter((run) => !isTerminal(run.state) && (owner === undefined || run.owner === owner));
    const isBehind = (run: TaskRecord) =>
      after === undefined || run.createdAt > after.createdAt || (run.createdAt === after.createdAt && run.id > after.id);
    const isOfSession = (run: TaskRecord) =>
      session === undefined ||
      (run.agent === session.agent &&
        run.owner === session.owner &&
        run.contextId === session.contextId &&
        run.tenant === (session.tenant ?? ''));
    const found = runs.filter((run) => isBehind(run) && isOfSession(run) && (status === undefined || statusOf(run) === status));
    return found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  async oldestUnclaimed(): Promise<TaskRecord | undefined> {
    const unclaimed = (await this.runnable()).filter(({ worker }) => worker === '');
    return unclaimed.toSorted((a, b) => a.updatedAt - b.updatedAt)[0];
  }

  async statistics(owner: string | undefined, at: number): Promise<OpenRunStatistics> {
    const runs = await this.openRuns({ ...(owner === undefined ? {} : { owner }), limit: Number.POSITIVE_INFINITY });
    const count = (status: string) => runs.filter((run) => statusOf(run) === status).length;
    return {
      total: runs.length,
      queued: count('queued'),
      working: count('running'),
      inputRequired: count('waiting'),
      held: count('held'),
      expired: runs.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= at).length,
      oldestCreatedAt: runs[0]?.createdAt ?? 0,
    };
  }

  async isAccepted(dedupeKey: string): Promise<boolean> {
    return this.#accepted.has(dedupeKey);
  }

  async find(taskId: string, owner: string | undefined): Promise<TaskRecord | undefined> {
    this.#assertUp();
    this.calls.find += 1;
    const task = this.#tasks.get(taskId);
    return task === undefined || (owner !== undefined && task.record.owner !== owner) ? undefined : task.record;
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
    return pageOf([...this.#tasks.values()], query);
  }

  async countTasks(filter: TaskListFilter): Promise<number> {
    this.#assertUp();
    return filterTasks([...this.#tasks.values()], filter).length;
  }

  async eventsOfTasks(...[tasks, { artifacts }]: Parameters<TaskListStore['eventsOfTasks']>): ReturnType<TaskListStore['eventsOfTasks']> {
    this.#assertUp();
    this.calls.eventsOfTasks += 1;
    const isWanted = ({ type }: TaskEvent) => artifacts || type !== 'artifact.updated';
    const found = tasks.filter(({ id }) => this.#tasks.has(id));
    return new Map(found.map(({ id, seq }) => [id, this.#get(id).events.slice(0, seq).filter(isWanted)]));
  }

  async logSizes(...[tasks, { artifacts }]: Parameters<TaskListStore['logSizes']>): ReturnType<TaskListStore['logSizes']> {
    this.#assertUp();
    const isWanted = ({ type }: TaskEvent) => artifacts || type !== 'artifact.updated';
    const found = tasks.filter(({ id }) => this.#tasks.has(id));
    return new Map(found.map(({ id }) => [id, JSON.stringify(this.#get(id).events.filter(isWanted)).length]));
  }

  async sessionMessages(): Promise<readonly []> {
    return [];
  }

  async runnable(): Promise<readonly TaskRecord[]> {
    return this.#records().filter(({ state, heldSince }) => isRunnable(state) && heldSince === undefined);
  }

  #records(): TaskRecord[] {
    this.#assertUp();
    return [...this.#tasks.values()].map(({ record }) => record);
  }

  #writeCalls({ taskId, step, epoch, at }: Pick<StepRecord, 'taskId' | 'step' | 'epoch' | 'at'>, writes: readonly ToolCallWrite[]): void {
    const { calls } = this.#get(taskId);
    for (const write of writes) {
      const createdAt = calls.get(write.callId)?.createdAt ?? at;
      calls.set(write.callId, { ...write, taskId, step, epoch, createdAt, updatedAt: at });
    }
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

const ENDED = { worker: '', heldSince: undefined, expiresAt: undefined } as const;

function isInHands({ record }: StoredTask, { epoch, step = record.step }: { readonly epoch: number; readonly step?: number }): boolean {
  return record.epoch === epoch && record.step === step && isRunnable(record.state) && record.heldSince === undefined;
}

function statusOf({ state, heldSince, worker }: TaskRecord): 'waiting' | 'held' | 'queued' | 'running' {
  if (isInterrupted(state)) return 'waiting';
  if (heldSince !== undefined) return 'held';
  return worker === '' ? 'queued' : 'running';
}

function modesOf({ acceptedOutputModes }: AcceptInput): Pick<AcceptInput, 'acceptedOutputModes'> {
  return acceptedOutputModes === undefined ? {} : { acceptedOutputModes };
}
