/**
 * Turns with hosts: so many requests at once, and a pause between the beginnings of two.
 *
 * Owns: who is with a host and who waits for it, in order. A host that nobody has a turn with is forgotten after its pause.
 */
import { untilAborted } from '../../../base/abort.js';
import type { Clock } from '../../../base/clock.js';

export interface TurnRules {
  readonly concurrency: number;
  readonly delayMs: number;
}

interface Host {
  running: number;
  /** When the next one may begin, by `clock.monotonic`. */
  freeAtMs: number;
  /** Ends when everybody who came before has begun. */
  begun: Promise<void>;
  waiting: number;
  onEnd: (() => void) | undefined;
}

export class HostTurns {
  readonly #clock: Clock;
  readonly #hosts = new Map<string, Host>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is this one's turn; the result ends the turn. */
  async take(name: string, { concurrency, delayMs }: TurnRules, signal: AbortSignal): Promise<() => void> {
    const host = this.#get(name);
    host.waiting += 1;
    const before = host.begun;
    let onBegun = () => {};
    const begun = new Promise<void>((resolve) => {
      onBegun = resolve;
    });
    // Also when this one gives up before it is next.
    host.begun = before.then(() => begun);
    try {
      await untilAborted(before, signal);
      while (host.running >= concurrency) {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          host.onEnd = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      const waitMs = host.freeAtMs - this.#clock.monotonic();
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
      signal.throwIfAborted();
      host.running += 1;
      host.freeAtMs = this.#clock.monotonic() + delayMs;
    } finally {
      host.waiting -= 1;
      onBegun();
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      host.running -= 1;
      host.onEnd?.();
    };
  }

  #get(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    if (this.#hosts.size >= MAX_HOSTS) this.#forget();
    const host: Host = { running: 0, freeAtMs: 0, begun: Promise.resolve(), waiting: 0, onEnd: undefined };
    this.#hosts.set(name, host);
    return host;
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    for (const [name, host] of this.#hosts) {
      if (host.running === 0 && host.waiting === 0 && host.freeAtMs <= now) this.#hosts.delete(name);
    }
  }
}

const MAX_HOSTS = 1_000;
