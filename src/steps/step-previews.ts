/**
 * The live deltas of one step (R9). A delta goes out at once when none went out just before; what follows within
 * `COALESCE_MS` shares the next one of its artifact, so that a fast model, or tools that run at once, cost a hundred announcements a
 * second and artifact, not thousands.
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
  /** Text that waits, by artifact. */
  readonly #pending = new Map<string, string>();
  #cancelTimer: CancelTimer | undefined;

  constructor(task: TaskRecord, publisher: FeedPublisher, clock: Clock) {
    this.#task = task;
    this.#publisher = publisher;
    this.#clock = clock;
  }

  add(artifactId: string, text: string): void {
    this.#pending.set(artifactId, (this.#pending.get(artifactId) ?? '') + text);
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
    this.#pending.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #startTimer(): void {
    this.#cancelTimer = this.#clock.after(COALESCE_MS, () => {
      this.#cancelTimer = undefined;
      if (this.#pending.size === 0) return;
      this.#send();
      this.#startTimer();
    });
  }

  #send(): void {
    const { id, contextId, seq, epoch } = this.#task;
    for (const [artifactId, text] of this.#pending) {
      this.#sent += 1;
      void this.#publisher.publishDelta({ taskId: id, contextId, seq, epoch, n: this.#sent, artifactId, text });
    }
    this.#pending.clear();
  }
}

const COALESCE_MS = 10;
