/**
 * What one client saw of one run, over all its connections, and what is wrong with that in itself: cursors only grow, a Task in the
 * middle only replaces what the client held, one terminal event and nothing after it (R4, R5, R10).
 */
import type { Frame, WireTask } from '../a2a-client.js';
import { StreamClient } from '../stream-client.js';

export interface SeenEvent {
  readonly seq: number;
  readonly epoch: number;
  readonly type: 'status.changed' | 'artifact.updated';
  readonly state: string | undefined;
}

const EXTENSION = 'urn:hector:extension:reliable-stream:v1';
/** Stands for "no place that can be resumed" between two frames of one event. */
const UNRESUMABLE = 1;
const TERMINAL = /^TASK_STATE_(COMPLETED|FAILED|CANCELED|REJECTED)$/;

export class ClientLog {
  readonly view = new StreamClient();
  /** Durable events after the first Task, in the order they came. */
  readonly events: SeenEvent[] = [];
  /** `seq` that the first Task stood for; events up to it came with it. */
  firstSeq = 0;
  readonly problems: string[] = [];
  connections = 0;
  /** Longest time between two events, over all connections, milliseconds. */
  worstSilenceMs = 0;
  taskId = '';
  cursor = '';
  #seq = 0;
  #order = 0;
  #heardAt = 0;
  #isOver = false;

  /** An event came. */
  hear(): void {
    const now = performance.now();
    if (this.#heardAt > 0 && !this.#isOver) this.worstSilenceMs = Math.max(this.worstSilenceMs, now - this.#heardAt);
    this.#heardAt = now;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** @returns the status that the frame brought, if any. */
  add({ id, result }: Frame): WireTask['status'] | undefined {
    if (id === undefined) {
      this.problems.push(`an event without a cursor: ${JSON.stringify(result).slice(0, 200)}`);
      return undefined;
    }
    if (this.#isOver) this.problems.push(`event ${id} after the end (R5)`);
    const [seq = 0, order = 0] = id.split('.').map(Number);
    const { task, statusUpdate, artifactUpdate } = result;
    const metadata = (task ?? statusUpdate ?? artifactUpdate) as {
      metadata?: Record<string, { seq: number; epoch: number; cursor: string }>;
    };
    const place = metadata?.metadata?.[EXTENSION];
    if (place === undefined || place.cursor !== id || place.seq !== seq)
      this.problems.push(`event ${id} carries ${JSON.stringify(place)} (R10)`);
    this.view.apply(id, result);
    if (task !== undefined) this.#applyTask(task, seq);
    else {
      this.#checkPlace(id, seq, order);
      if (seq > this.#seq)
        this.events.push({
          seq,
          epoch: place?.epoch ?? -1,
          type: statusUpdate === undefined ? 'artifact.updated' : 'status.changed',
          state: statusUpdate?.status.state,
        });
    }
    this.#seq = seq;
    this.#order = order;
    this.cursor = id;
    const status = task?.status ?? statusUpdate?.status;
    if (status !== undefined && TERMINAL.test(status.state)) this.#isOver = true;
    return status;
  }

  #applyTask(task: WireTask, seq: number): void {
    if (this.taskId === '') {
      this.taskId = task.id;
      this.firstSeq = seq;
    } else if (task.id !== this.taskId) this.problems.push(`two tasks for one message: ${this.taskId}, ${task.id} (R11)`);
    else if (seq < this.#seq) this.problems.push(`a Task of ${seq} after event ${this.#seq} (R4)`);
    else if (seq > this.#seq) this.problems.push(`a Task of ${seq} right after event ${this.#seq}: events in between were left out (R10)`);
  }

  #checkPlace(id: string, seq: number, order: number): void {
    if (this.taskId === '') this.problems.push(`event ${id} before any Task (T3)`);
    if (order === UNRESUMABLE) return;
    const isForward = seq > this.#seq || (seq === this.#seq && (order > this.#order || this.#order === UNRESUMABLE));
    if (!isForward) this.problems.push(`event ${id} after ${this.cursor} (R4)`);
  }
}
