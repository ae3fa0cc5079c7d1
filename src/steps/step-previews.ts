/**
 * The live deltas of one step (R9). A delta goes out at once when none went out just before; what follows within
 * `COALESCE_MS` shares the next one, so that a fast model costs a hundred announcements a second, not thousands.
 *
 * Owns: the numbering of deltas within `(seq, epoch)`. Does not own: sending (the publisher keeps the order and never rejects).
 */
import type { CancelTimer, Clock } from '../base/clock.js';
import type { FeedPublisher } from '../tasks/coordination.js';
import type { TaskRecord } from '../tasks/task-store.js';

export class StepPreviews {
  readonly #task: TaskRecord;
  readonly #publisher: FeedPublisher;
  readonly #clock: Clock;
  #sent = 0;
  #artifactId = '';
  #pending = '';
  #cancelTimer: CancelTimer | undefined;

  constructor(task: TaskRecord, publisher: FeedPublisher, clock: Clock) {
    this.#task = task;
    this.#publisher = publisher;
    this.#clock = clock;
  }

  add(artifactId: string, text: string): void {
    if (this.#pending !== '' && artifactId !== this.#artifactId) this.#send();
    this.#artifactId = artifactId;
    this.#pending += text;
    if (this.#cancelTimer === undefined) {
      this.#send();
      this.#startTimer();
    }
  }

  /** Sends what waits: more of the same step follows, and its text must have no hole. */
  flush(): void {
    this.#send();
  }

  /** Drops what waits: either the commit, which shows all of it, is on its way, or the step is called off. Safe to call twice. */
  stop(): void {
    this.#pending = '';
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #startTimer(): void {
    this.#cancelTimer = this.#clock.after(COALESCE_MS, () => {
      this.#cancelTimer = undefined;
      if (this.#pending === '') return;
      this.#send();
      this.#startTimer();
    });
  }

  #send(): void {
    if (this.#pending === '') return;
    this.#sent += 1;
    const { id, contextId, seq, epoch } = this.#task;
    const text = this.#pending;
    this.#pending = '';
    void this.#publisher.publishDelta({ taskId: id, contextId, seq, epoch, n: this.#sent, artifactId: this.#artifactId, text });
  }
}

const COALESCE_MS = 10;
