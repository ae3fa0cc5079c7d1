/** The place that a stream takes among those of its caller: before its operation does anything, until it ends, on every binding (Z4). */
import { countedAs } from '../access/principal.js';
import type { StreamQuota } from '../access/stream-quota.js';
import type { OperationCall } from './operation-call.js';
import type { FrameStream } from './task-stream.js';

type OpenStream = (params: unknown, call: OperationCall) => Promise<FrameStream>;

/** A caller who has as many as allowed is refused before a message is accepted: no task is left behind that nobody asked for twice. */
export function withPlace(quota: StreamQuota, open: OpenStream): OpenStream {
  return async (params, call) => {
    const release = quota.acquire(countedAs(call.principal));
    try {
      return releasing(await open(params, call), release);
    } catch (error) {
      // It has not become a stream.
      release();
      throw error;
    }
  };
}

function releasing(frames: FrameStream, release: () => void): FrameStream {
  const stream: FrameStream = {
    [Symbol.asyncIterator]: () => stream,
    async next() {
      try {
        const result = await frames.next();
        if (result.done === true) release();
        return result;
      } catch (error) {
        release();
        throw error;
      }
    },
    take(onReady) {
      try {
        return frames.take(onReady);
      } catch (error) {
        release();
        throw error;
      }
    },
    async return() {
      release();
      await frames.return?.();
      return { done: true, value: undefined };
    },
  };
  return stream;
}
