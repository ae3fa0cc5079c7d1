/** Frames as server-sent events (J2, RE4, T10). */
import type { DirectSource } from '../base/direct-source.js';
import { formatCursor } from '../tasks/task-event.js';
import type { ServerSentEvent } from './binding-reply.js';
import type { FrameEncoder, StreamFrame } from './stream-frame.js';
import type { FrameStream } from './task-stream.js';

export interface SseEventsOptions {
  /** What stands before and after each result: the envelope, with the caller's id. Empty without one. */
  readonly prefix: string;
  readonly suffix: string;
  /** Each frame's JSON. */
  readonly encode: FrameEncoder<string>;
  /** The client activated the reliable-stream extension. */
  readonly isReliable: boolean;
  /** The error response for a failure in mid-stream. */
  readonly errorBody: (error: unknown) => string;
}

export const SSE_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' } as const;

/** The text of a result is made once per event; each subscriber only puts its own prefix before it. */
export function toSseEvents(
  frames: FrameStream,
  { prefix, suffix, encode, isReliable, errorBody }: SseEventsOptions,
): DirectSource<ServerSentEvent> {
  let isOver = false;
  const toEvent = (frame: StreamFrame): ServerSentEvent => ({
    id: formatCursor(frame.cursor),
    data: `${prefix}${encode(frame, isReliable)}${suffix}`,
  });
  // T10: the answer has begun, so the failure travels as an event.
  const fail = (error: unknown): ServerSentEvent => {
    isOver = true;
    return { event: 'error', data: errorBody(error) };
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (isOver) return { done: true, value: undefined };
      try {
        const { done, value: frame } = await frames.next();
        return done === true ? { done, value: undefined } : { done: false, value: toEvent(frame) };
      } catch (error) {
        return { done: false, value: fail(error) };
      }
    },
    take(onReady) {
      if (isOver) return 'ask';
      try {
        const frame = frames.take(onReady);
        return typeof frame === 'string' ? frame : toEvent(frame);
      } catch (error) {
        return fail(error);
      }
    },
    async return() {
      isOver = true;
      await frames.return?.();
      return { done: true, value: undefined };
    },
  };
}
