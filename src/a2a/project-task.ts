/** Pure: the events of one task, folded into the `Task` that clients see. */
import { isoTime } from '../base/clock.js';
import type { JsonObject } from '../base/json.js';
import type { Artifact, Message, Part, Task, TaskState, TaskStatus } from '../protocol/a2a.js';
import { isInterrupted } from '../protocol/task-state.js';
import type { TaskEvent } from '../tasks/task-event.js';

/**
 * The fold in progress. It grows in place, as copying the artifacts for each event would cost the square of
 * their size; what `toTask` hands out is copied and no longer changes.
 */
export class TaskView {
  /** Newest event folded in; 0 = none yet. */
  seq = 0;
  /** Epoch of that event. */
  epoch = 0;
  taskId = '';
  contextId = '';
  #status: TaskStatus = { state: 'TASK_STATE_SUBMITTED' };
  #metadata: JsonObject | undefined;
  /** Of the wait that the task is in: it ends with it. */
  #waitMetadata: JsonObject | undefined;
  readonly #history: Message[] = [];
  readonly #artifacts = new Map<string, { head: Omit<Artifact, 'parts'>; parts: Part[] }>();

  get state(): TaskState {
    return this.#status.state;
  }

  get artifactIds(): readonly string[] {
    return [...this.#artifacts.keys()];
  }

  partsOf(artifactId: string): readonly Part[] {
    return this.#artifacts.get(artifactId)?.parts.slice() ?? [];
  }

  apply(event: TaskEvent): void {
    this.seq = event.seq;
    this.epoch = event.epoch;
    switch (event.type) {
      case 'task.created':
        this.taskId = event.taskId;
        this.contextId = event.contextId;
        this.#status = { state: 'TASK_STATE_SUBMITTED', timestamp: isoTime(event.at) };
        this.#metadata = event.metadata;
        this.#history.push(withIds(event.message, event));
        return;
      case 'message.added':
        // The status message was the question that this one answers: it comes before it.
        this.#retireStatusMessage();
        this.#waitMetadata = undefined;
        if (isInterrupted(this.state)) this.#status = { state: 'TASK_STATE_SUBMITTED', timestamp: isoTime(event.at) };
        this.#history.push(withIds(event.message, event));
        return;
      case 'status.changed':
        this.#retireStatusMessage();
        this.#status = wireStatus(event);
        this.#waitMetadata = isInterrupted(this.state) ? event.metadata : undefined;
        if (event.metadata !== undefined && !isInterrupted(this.state)) this.#metadata = { ...this.#metadata, ...event.metadata };
        return;
      case 'artifact.updated': {
        const { parts, ...head } = event.artifact;
        const known = this.#artifacts.get(head.artifactId);
        if (known === undefined || !event.append) this.#artifacts.set(head.artifactId, { head, parts: [...parts] });
        else {
          known.head = { ...known.head, ...head };
          // An artifact needs a part (D4), so one that only ends comes with an empty text: nobody wants to keep that.
          for (const part of parts) if (!isEmptyText(part)) known.parts.push(part);
        }
      }
    }
  }

  /** The wire form (D7: no defaults, no empty lists). `historyLength`: K1; `undefined` = everything. */
  toTask(historyLength?: number): Task {
    const history = historyLength === undefined ? this.#history.slice() : historyLength === 0 ? [] : this.#history.slice(-historyLength);
    const metadata = this.#waitMetadata === undefined ? this.#metadata : { ...this.#metadata, ...this.#waitMetadata };
    const artifacts = [...this.#artifacts.values()].map(({ head, parts }): Artifact => ({ ...head, parts: parts.slice() }));
    return {
      id: this.taskId,
      contextId: this.contextId,
      status: this.#status,
      ...(artifacts.length === 0 ? {} : { artifacts }),
      ...(history.length === 0 ? {} : { history }),
      ...(metadata === undefined ? {} : { metadata }),
    };
  }

  #retireStatusMessage(): void {
    const { message, ...status } = this.#status;
    if (message === undefined) return;
    this.#history.push(message);
    this.#status = status;
  }
}

function isEmptyText(part: Part): boolean {
  return part.text === '' && Object.keys(part).length === 1;
}

export function foldEvents(events: readonly TaskEvent[]): TaskView {
  const view = new TaskView();
  for (const event of events) view.apply(event);
  return view;
}

export function projectTask(events: readonly TaskEvent[], historyLength?: number): Task {
  return foldEvents(events).toTask(historyLength);
}

/** D3: a status always tells when it began. */
export function wireStatus(event: TaskEvent & { type: 'status.changed' }): TaskStatus {
  const { message, ...status } = event.status;
  return {
    ...status,
    timestamp: status.timestamp ?? isoTime(event.at),
    ...(message === undefined ? {} : { message: withIds(message, event) }),
  };
}

/** D5: messages of a task say which task and context they belong to. */
function withIds(message: Message, { taskId, contextId }: TaskEvent): Message {
  return { ...message, taskId, contextId };
}
