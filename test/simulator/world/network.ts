/** Delays of messages, and one-way pipes that keep the order. */
import type { Peer, SimulatedProcess } from './simulated-process.js';

/** Mostly quick, sometimes slow, at times very slow. */
export function delayMs({ scheduler: { random } }: SimulatedProcess): number {
  const luck = random.next();
  if (luck < 0.9) return 0.05 + 1.2 * random.next();
  if (luck < 0.985) return 1 + 25 * random.next();
  return 20 + 400 * random.next();
}

interface Message {
  readonly run: () => void;
  /** What the trace says when it arrives. */
  readonly label: string;
}

export interface PipeOptions {
  readonly process: SimulatedProcess;
  readonly peer: Peer;
  /** Messages run at the process; else at the peer. */
  readonly isInbound: boolean;
}

/** One way of a connection: what is sent first arrives first. While the process is cut off nothing arrives, and nothing is lost. */
export class Pipe {
  readonly #options: PipeOptions;
  #messages: Message[] = [];
  #lastAt = 0;
  #isClosed = false;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  send(label: string, run: () => void): void {
    if (this.#isClosed) return;
    this.#messages.push({ label, run });
    this.#scheduleHead(delayMs(this.#options.process));
  }

  /** The connection breaks; of what is under way the first `arriving` messages still arrive. */
  close(arriving: number): void {
    this.#isClosed = true;
    this.#messages = this.#messages.slice(0, arriving);
  }

  get underWay(): number {
    return this.#messages.length;
  }

  #scheduleHead(afterMs: number): void {
    const { process, isInbound } = this.#options;
    const { scheduler } = process;
    this.#lastAt = Math.max(this.#lastAt + 1e-6, scheduler.now + afterMs);
    scheduler.schedule(this.#lastAt - scheduler.now, () => this.#arrive(), {
      owner: isInbound ? process : undefined,
      settles: isInbound,
    });
  }

  #arrive(): void {
    const { process, peer } = this.#options;
    if (this.#messages.length === 0) return;
    const cutOffMs = process.cutOffMs(peer);
    if (cutOffMs > 0) {
      this.#scheduleHead(cutOffMs + delayMs(process));
      return;
    }
    const message = this.#messages.shift() as Message;
    if (message.label !== '') process.scheduler.trace.add(process.scheduler.now, message.label);
    message.run();
  }
}
