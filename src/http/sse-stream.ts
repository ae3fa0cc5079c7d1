/**
 * Carries one subscription's events to one client.
 *
 * Owns: the iterator from here on (it is always returned), the keep-alive timer. Does not own: the task; closing the iterator
 * detaches and cancels nothing (R6).
 * 1. The comment and the head leave at once, so the client knows that it is connected before the first event.
 * 2. The next event is pulled only when at most `maxBufferBytes` wait for the client; what a slow client misses meanwhile is
 *    the live feed's business (it detaches the feed and catches up by cursor).
 * 3. A failure in mid-stream is an `error` event (T10); a reconnect is a `retry:` line and a clean end.
 */
import type { ServerSentEvent } from '../a2a/binding-reply.js';
import type { Clock } from '../base/clock.js';
import { type DirectSource, isDirect } from '../base/direct-source.js';
import type { StreamWriter } from './server.js';
import { formatComment, formatEvent, formatRetry } from './sse-frame.js';

export interface SseStreamOptions {
  readonly events: AsyncIterable<ServerSentEvent>;
  readonly clock: Clock;
  /** Silence after which a comment is sent, milliseconds. */
  readonly keepAliveMs: number;
  readonly maxBufferBytes: number;
  /** Body of the `error` event for a failure of `events`, one line of JSON. */
  readonly describeFailure: (error: unknown) => string;
  /** Is given the function that asks the client to reconnect; the result withdraws it. */
  readonly onOpen?: (reconnect: (retryMs: number) => void) => () => void;
}

/** Resolves when the stream is over, whoever ended it. */
export async function pipeEvents(writer: StreamWriter, options: SseStreamOptions): Promise<void> {
  const { clock, keepAliveMs } = options;
  const iterator = options.events[Symbol.asyncIterator]();
  const direct = isDirect(options.events) ? options.events : undefined;
  const stop = new StopSwitch();
  const onGone = () => stop.turn(undefined);
  if (writer.signal.aborted) onGone();
  else writer.signal.addEventListener('abort', onGone, { once: true });
  const withdraw = options.onOpen?.((retryMs) => stop.turn(formatRetry(retryMs)));

  let lastWrite = clock.monotonic();
  const send = (chunk: string | Uint8Array): boolean => {
    lastWrite = clock.monotonic();
    return writer.write(chunk);
  };
  const keepAlive = () => {
    // Waiting bytes already say that the connection lives, and a comment behind them would hide that the client is stuck.
    if (clock.monotonic() - lastWrite >= keepAliveMs && writer.bufferedBytes === 0) send(KEEP_ALIVE);
    cancelKeepAlive = clock.after(Math.max(1, keepAliveMs - (clock.monotonic() - lastWrite)), keepAlive);
  };
  let cancelKeepAlive = clock.after(keepAliveMs, keepAlive);

  try {
    let isFull = false;
    const give = (text: string): boolean => {
      isFull = !send(text) && writer.bufferedBytes >= options.maxBufferBytes;
      return !isFull;
    };
    send(OPENED);
    while (!stop.isTurned) {
      if (isFull) {
        await stop.race(writer.drained());
        isFull = false;
        continue;
      }
      if (direct !== undefined) {
        await stop.race(flow(direct, stop, give));
        if (stop.isTurned || isFull) continue;
      }
      const next = await stop.race(iterator.next());
      if (next === undefined || next.done === true) break;
      give(formatEvent(next.value));
    }
    if (stop.farewell !== undefined) send(stop.farewell);
  } catch (error) {
    send(formatEvent({ event: 'error', data: options.describeFailure(error) }));
  } finally {
    cancelKeepAlive();
    withdraw?.();
    writer.signal.removeEventListener('abort', onGone);
    closeIterator(iterator);
  }
}

/**
 * Hands over what comes without waiting within the turn that brings it, what comes together in one piece, until `give` has enough or only
 * `next()` can go on. Once it has resolved it takes nothing more: `give` may have had enough right after a `later`, which is still told.
 */
function flow(events: DirectSource<ServerSentEvent>, stop: StopSwitch, give: (text: string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = () => {
      isOver = true;
      resolve();
    };
    const go = () => {
      if (isOver) return;
      try {
        for (;;) {
          if (stop.isTurned) return end();
          let text = '';
          let event = events.take(go);
          for (; typeof event !== 'string'; event = events.take(go)) {
            text += formatEvent(event);
            if (text.length >= PIECE_CHARACTERS) break;
          }
          const isTaken = text === '' || give(text);
          if (!isTaken || event === 'ask') return end();
          if (event === 'later') return;
        }
      } catch (error) {
        isOver = true;
        reject(error);
      }
    };
    go();
  });
}

/** Ends a wait early. A plain race against one long-lived promise would keep every event's promise alive until the end. */
class StopSwitch {
  isTurned = false;
  farewell: string | undefined;
  #wake: ((value: undefined) => void) | undefined;

  turn(farewell: string | undefined): void {
    if (this.isTurned) return;
    this.isTurned = true;
    this.farewell = farewell;
    this.#wake?.(undefined);
  }

  /** The value, or undefined when the switch is turned first. */
  race<T>(wait: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      if (this.isTurned) resolve(undefined);
      wait.then(resolve, reject);
    });
  }
}

/** Not awaited: a generator in the middle of a wait answers only after it, and the client must not wait for that. */
function closeIterator(iterator: AsyncIterator<ServerSentEvent>): void {
  // A failure to close has no reader any more, and the stream's outcome stands.
  iterator.return?.().catch(() => {});
}

const PIECE_CHARACTERS = 4 * 1024;
const OPENED = formatComment('connected');
const KEEP_ALIVE = formatComment('keep-alive');
