/**
 * Virtual time: one heap of events, one order, drawn from the seed.
 *
 * Owns: the time of the whole world, the order of everything that happens at once, the trace. Does not own: what events do.
 * - D1 Time moves only when nothing can run: all microtasks and immediates of the event before have ended.
 * - D2 Events of one instant are run in an order drawn from the seed.
 * - D3 What belongs to a dead process never happens; what belongs to a stopped one happens after it goes on.
 */
import { createRandom, type Random } from '../../support/random.js';
import type { Trace } from './trace.js';

/** A process as the scheduler sees it. */
export interface Owner {
  readonly name: string;
  isAlive: boolean;
  isStopped: boolean;
  /** What came due while it was stopped. */
  readonly held: ScheduledEvent[];
}

export interface ScheduledEvent {
  at: number;
  tie: number;
  readonly owner: Owner | undefined;
  /** What the trace says of it; '' = nothing. */
  readonly label: string;
  readonly kind: 'timer' | 'message';
  /** It runs code of the product, whose continuations must settle before time goes on (D1). */
  readonly settles: boolean;
  run: (() => void) | undefined;
}

export interface ScheduleOptions {
  readonly owner?: Owner | undefined;
  readonly label?: string;
  readonly kind?: 'timer' | 'message';
  readonly settles?: boolean;
}

const realSetImmediate = setImmediate;

export class Scheduler {
  readonly random: Random;
  readonly trace: Trace;
  now = 0;
  events = 0;
  readonly #heap: ScheduledEvent[] = [];
  readonly #immediates: (() => void)[] = [];

  constructor(seed: number, trace: Trace) {
    this.random = createRandom(seed);
    this.trace = trace;
  }

  /** What the product calls as `setImmediate`. */
  addImmediate(run: () => void): void {
    this.#immediates.push(run);
  }

  schedule(
    delayMs: number,
    run: () => void,
    { owner, label = '', kind = 'message', settles = false }: ScheduleOptions = {},
  ): ScheduledEvent {
    const event = { at: this.now + Math.max(0, delayMs), tie: this.random.next(), owner, label, kind, settles, run };
    this.#push(event);
    return event;
  }

  /** Runs until `isOver`, or until `limitMs` of virtual time. Says whether it was over. */
  async run(isOver: () => boolean, limitMs: number): Promise<boolean> {
    await this.#settle();
    for (;;) {
      if (isOver()) return true;
      const event = this.#pop();
      if (event === undefined || event.at > limitMs) return false;
      const { run, owner } = event;
      if (run === undefined || owner?.isAlive === false) continue;
      this.now = Math.max(this.now, event.at);
      if (owner?.isStopped === true) {
        owner.held.push(event);
        continue;
      }
      this.events += 1;
      if (event.label !== '') this.trace.add(this.now, event.label);
      run();
      if (event.settles) await this.#settle();
    }
  }

  /** The process goes on: what it missed happens now, in the order in which it came, timers or messages first (D3). */
  release(owner: Owner): void {
    const held = owner.held.splice(0);
    const first = this.random.chance(0.5) ? 'timer' : 'message';
    const ordered = [...held.filter(({ kind }) => kind === first), ...held.filter(({ kind }) => kind !== first)];
    for (const [index, event] of ordered.entries()) {
      event.at = this.now + index * 1e-4;
      this.#push(event);
    }
  }

  /** D1 */
  async #settle(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => realSetImmediate(resolve));
      const run = this.#immediates.shift();
      if (run === undefined) return;
      run();
    }
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent] as ScheduledEvent)) break;
      heap[index] = heap[parent] as ScheduledEvent;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): ScheduledEvent | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as ScheduledEvent, heap[child] as ScheduledEvent)) child += 1;
      if (!isBefore(heap[child] as ScheduledEvent, last)) break;
      heap[index] = heap[child] as ScheduledEvent;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.tie < b.tie);
}
