/**
 * Carries one subscription's frames to one client (GR3).
 *
 * Owns: the frames from here on (they are always let go). Does not own: the task; ending the stream detaches (R6).
 * 1. The next frame is pulled only while less than `maxBufferBytes` wait for the client; what a slow client misses meanwhile is the
 *    live feed's business (it detaches the feed and catches up by cursor).
 * 2. A client that has gone takes nothing more, and the library then forgets the callbacks of waiting writes: every wait here ends
 *    by `stop` too.
 */
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { StreamFrame } from '../a2a/stream-frame.js';
import type { FrameStream } from '../a2a/task-stream.js';
import { untilAborted } from '../base/abort.js';

export interface PipeOptions {
  readonly stop: AbortSignal;
  readonly maxBufferBytes: number;
  readonly encode: (frame: StreamFrame) => Buffer;
}

/** Resolves when the frames are at their end; rejects with their failure or with the reason of `stop`. */
export async function pipeFrames(call: ServerWritableStream<Buffer, Buffer>, frames: FrameStream, options: PipeOptions): Promise<void> {
  const { stop, maxBufferBytes, encode } = options;
  let waitingBytes = 0;
  let onTaken = () => {};
  try {
    for (;;) {
      const { done, value } = await untilAborted(frames.next(), stop);
      if (done === true) return;
      const bytes = encode(value);
      waitingBytes += bytes.length;
      call.write(bytes, () => {
        waitingBytes -= bytes.length;
        onTaken();
      });
      if (waitingBytes < maxBufferBytes) continue;
      const drained = new Promise<void>((resolve) => {
        onTaken = () => {
          if (waitingBytes < maxBufferBytes) resolve();
        };
      });
      await untilAborted(drained, stop);
    }
  } finally {
    // Not awaited: a generator in the middle of a wait answers only after it. A failure to close has no reader any more.
    frames.return?.().catch(() => {});
  }
}
