/**
 * Cancels of single tool calls, as question and answer: every worker hears of it and says whether it had the call (API-09).
 *
 * An answer is what makes the difference between a call that stops and one that had ended; SQL knows neither of calls that are `pure`.
 */
import type { Redis } from 'ioredis';
import type { Clock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import { newId } from '../../base/ids.js';
import { isJsonObject } from '../../base/json.js';
import type { Logger } from '../../observe/log.js';
import type { CallReference, CallSignals, FeedSubscription } from '../../tasks/coordination.js';
import type { ChannelSubscriptions } from './channel-subscriptions.js';

export interface RedisCallSignalsOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly channels: ChannelSubscriptions;
  readonly keyPrefix: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class RedisCallSignals implements CallSignals {
  readonly #options: RedisCallSignalsOptions;

  constructor(options: RedisCallSignalsOptions) {
    this.#options = options;
  }

  async cancel({ taskId, callId }: CallReference): Promise<boolean> {
    const { client, channels, clock } = this.#options;
    const replyTo = newId(clock.now());
    let isOver = () => {};
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    let asked: number | undefined;
    let answers = 0;
    let isStopped = false;
    const onMessage = (answer: string) => {
      answers += 1;
      isStopped ||= answer === STOPPED;
      if (isStopped || answers === asked) isOver();
    };
    // A gap has lost an answer, or none: the time limit ends the wait.
    const remove = await channels.add(this.#replies(replyTo), { onMessage, onGap: () => undefined });
    const stopTimer = clock.after(ANSWER_MS, () => isOver());
    try {
      asked = await client.publish(this.#channel, JSON.stringify({ taskId, callId, replyTo }));
      if (answers < asked) await over;
      return isStopped;
    } catch (cause) {
      throw new AppError('REDIS_UNAVAILABLE', { cause });
    } finally {
      stopTimer();
      remove();
    }
  }

  async listen(stop: (call: CallReference) => boolean): Promise<FeedSubscription> {
    const { client, channels, log } = this.#options;
    const onMessage = (message: string) => {
      const { taskId, callId, replyTo } = readMessage(message);
      const answer = stop({ taskId, callId }) ? STOPPED : NOT_HERE;
      client.publish(this.#replies(replyTo), answer).catch((error: unknown) => {
        log.warn({ taskId, callId, reason: describeError(error) }, 'whoever canceled a call could not be told what became of it');
      });
    };
    // Nothing to do for a gap: whoever asked has had no answer, and asks again.
    return { close: await channels.add(this.#channel, { onMessage, onGap: () => undefined }) };
  }

  get #channel(): string {
    return `${this.#options.keyPrefix}:cancel-call`;
  }

  #replies(replyTo: string): string {
    return `${this.#channel}:${replyTo}`;
  }
}

function readMessage(message: string): CallReference & { readonly replyTo: string } {
  const value: unknown = JSON.parse(message);
  const { taskId, callId, replyTo } = isJsonObject(value) ? value : {};
  return { taskId: String(taskId), callId: String(callId), replyTo: String(replyTo) };
}

const STOPPED = 'stopped';
const NOT_HERE = 'not here';
/** A worker that says nothing for so long stands still; then it runs nothing either. */
const ANSWER_MS = 2_000;
