/** A client of one run that is not always there: it comes again at any front, over any binding, and goes on behind the last event it saw. */
import type { Frame } from './a2a-client.js';
import { ClientLog } from './chaos/client-log.js';
import type { ClientViews } from './client-views.js';
import { openStream, STREAM_BINDINGS, type StreamFront } from './open-stream.js';
import type { Random } from './random.js';

export interface WanderingClientOptions {
  readonly fronts: readonly StreamFront[];
  readonly agent: string;
  /** What begins the run; sent again it finds the same one (R11). */
  readonly message: object;
}

export class WanderingClient {
  readonly log: ClientLog;
  frames = 0;
  /** Times it came back while it showed previews, and was not given a Task first. */
  previewResumes = 0;
  /** Times it saw the task begin to wait. */
  questions = 0;
  name = 'the undisturbed client';
  readonly #options: WanderingClientOptions;
  readonly #random: Random;
  readonly #views: ClientViews;
  readonly #waiting = new Set<() => void>();

  constructor({ fronts, agent, message }: WanderingClientOptions, random: Random, views: ClientViews, log = new ClientLog()) {
    this.#options = { fronts, agent, message };
    this.#random = random;
    this.#views = views;
    this.log = log;
  }

  front(): StreamFront {
    return this.#random.pick(this.#options.fronts);
  }

  /** It saw the end, or something that must not be. */
  get isDone(): boolean {
    return this.log.isOver || this.log.problems.length > 0;
  }

  /** Resolves with its next frame, or when it is done. */
  moved(): Promise<void> {
    return this.isDone ? Promise.resolve() : new Promise((resolve) => this.#waiting.add(resolve));
  }

  async followUndisturbed(): Promise<void> {
    this.log.connections += 1;
    for await (const frame of openStream(this.front(), 'JSONRPC', this.#options.agent, { message: this.#options.message }))
      this.#take(frame);
    if (!this.isDone) this.#fail('its stream ended before the task');
  }

  /** Comes at some moment, and leaves again after some frames, until it has seen the end. */
  async wander(undisturbed: WanderingClient): Promise<void> {
    const random = this.#random;
    this.name = 'a client';
    for (let wait = random.below(6); wait > 0 && !undisturbed.isDone; wait--) await undisturbed.moved();
    while (undisturbed.log.taskId === '' && !undisturbed.isDone) await undisturbed.moved();
    let sendsAgain = random.chance(0.3);
    while (!this.isDone && undisturbed.log.problems.length === 0) {
      const binding = random.pick(STREAM_BINDINGS);
      const { cursor } = this.log;
      const { taskId } = undisturbed.log;
      const start = cursor === '' && sendsAgain ? { message: this.#options.message } : { taskId, cursor };
      this.name += ` | ${binding} from ${'message' in start ? 'the message' : cursor || 'now'}`;
      this.log.connections += 1;
      let patience = random.chance(0.1) ? Number.POSITIVE_INFINITY : random.below(4);
      let isFirst = true;
      for await (const frame of openStream(this.front(), binding, this.#options.agent, start)) {
        // It ended before this client saw any of it: a subscription is refused, the message still finds it (T8, R11).
        if (frame.result.error !== undefined && cursor === '' && !sendsAgain) {
          sendsAgain = true;
          break;
        }
        if (isFirst && cursor.includes('.') && frame.result.task === undefined) this.previewResumes += 1;
        isFirst = false;
        this.#take(frame);
        // Amid previews more often than elsewhere: that is where there is most to get wrong.
        if (this.isDone || patience-- <= 0 || (frame.id?.includes('.') === true && random.chance(0.4))) break;
      }
      // Away for a while: long enough, now and then, for previews to be committed and forgotten.
      for (let away = random.chance(0.25) ? random.below(12) : 0; away > 0 && !undisturbed.isDone; away--) await undisturbed.moved();
    }
  }

  /** Applies what came, and compares what it holds then. */
  #take(frame: Frame): void {
    if (frame.result.error !== undefined) {
      this.#fail(`refused: ${JSON.stringify(frame.result.error)}`);
      return;
    }
    const status = this.log.add(frame);
    if (/(INPUT|AUTH)_REQUIRED$/.test(status?.state ?? '')) this.questions += 1;
    const difference = this.#views.compare(this.log, frame);
    if (difference !== undefined) this.#fail(difference);
    this.frames += 1;
    this.#wake();
  }

  #fail(problem: string): void {
    this.log.problems.push(problem);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
