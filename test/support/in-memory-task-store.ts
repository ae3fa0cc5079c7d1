/** The run log in a `Map`, for tests of what reads it. Durability, fencing under load and SQL are tested elsewhere. */
import { isoTime } from '../../src/base/clock.js';
import { isRunnable, isTerminal } from '../../src/protocol/task-state.js';
import type { TaskEvent, TaskEventBody } from '../../src/tasks/task-event.js';
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

export class InMemoryTaskStore implements TaskStore {
  readonly #tasks = new Map<string, { record: TaskRecord; events: TaskEvent[] }>();
  readonly #accepted = new Map<string, { readonly taskId: string; readonly messageHash: string }>();
  /** Thrown by every call while set. */
  outage: Error | undefined;
  /** Calls so far, by method. */
  readonly calls = { events: 0, sequences: 0, find: 0 };

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
      });
      this.#accepted.set(input.dedupeKey, { taskId: id, messageHash: input.messageHash });
      const events = this.#append(id, 0, at, [
        { type: 'task.created', message: input.message, ...(input.metadata === undefined ? {} : { metadata: input.metadata }) },
      ]);
      return { type: 'accepted', task: this.#get(id).record, events };
    }
    const task = this.#tasks.get(input.taskId);
    if (task === undefined || task.record.owner !== input.key.owner) return { type: 'not-found' };
    if (isTerminal(task.record.state)) return { type: 'terminal', task: task.record };
    if (isRunnable(task.record.state)) return { type: 'busy', task: task.record };
    this.#accepted.set(input.dedupeKey, { taskId: input.taskId, messageHash: input.messageHash });
    const events = this.#append(input.taskId, 0, input.at, [
      { type: 'message.added', message: input.message },
      { type: 'status.changed', status: { state: 'TASK_STATE_SUBMITTED', timestamp: isoTime(input.at) } },
    ]);
    return { type: 'accepted', task: this.#change(input.taskId, { state: 'TASK_STATE_SUBMITTED' }), events };
  }

  async take(taskId: string, at: number): Promise<TakeOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(taskId);
    if (task === undefined) return { type: 'not-found' };
    if (!isRunnable(task.record.state)) return { type: 'not-runnable', task: task.record };
    const epoch = task.record.epoch + 1;
    const isFirst = task.record.state === 'TASK_STATE_SUBMITTED';
    this.#change(taskId, { epoch, state: 'TASK_STATE_WORKING' });
    const events = isFirst
      ? this.#append(taskId, epoch, at, [{ type: 'status.changed', status: { state: 'TASK_STATE_WORKING', timestamp: isoTime(at) } }])
      : [];
    return { type: 'taken', task: this.#get(taskId).record, events, from: '' };
  }

  async commit(commit: StepCommit): Promise<CommitOutcome> {
    this.#assertUp();
    const task = this.#tasks.get(commit.taskId);
    if (task === undefined || task.record.epoch !== commit.epoch || task.record.step !== commit.step || isTerminal(task.record.state)) {
      return { type: 'lost', task: task?.record };
    }
    const events = this.#append(commit.taskId, commit.epoch, commit.at, commit.events);
    return {
      type: 'committed',
      events,
      task: this.#change(commit.taskId, { state: commit.state, step: commit.step + 1, control: commit.control }),
    };
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
    return { type: 'canceled', task: this.#change(taskId, { state: 'TASK_STATE_CANCELED', epoch }), events };
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

  async events(taskId: string, afterSeq: number, limit = 1000): Promise<readonly TaskEvent[]> {
    this.#assertUp();
    this.calls.events += 1;
    return this.#tasks.get(taskId)?.events.slice(afterSeq, afterSeq + limit) ?? [];
  }

  async sequences(taskIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.#assertUp();
    this.calls.sequences += 1;
    return new Map(taskIds.flatMap((id) => (this.#tasks.has(id) ? [[id, this.#get(id).record.seq] as const] : [])));
  }

  async sessionMessages(): Promise<readonly []> {
    return [];
  }

  async runnable(): Promise<readonly TaskRecord[]> {
    return [...this.#tasks.values()].map(({ record }) => record).filter(({ state }) => isRunnable(state));
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

  #get(taskId: string): { record: TaskRecord; events: TaskEvent[] } {
    const task = this.#tasks.get(taskId);
    if (task === undefined) throw new Error(`no task ${taskId}`);
    return task;
  }

  #assertUp(): void {
    if (this.outage !== undefined) throw this.outage;
  }
}
