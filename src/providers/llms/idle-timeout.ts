/**
 * Bounds the silence of a stream, not its length (LLM-02). The timer runs only while we wait for the provider:
 * a slow consumer does not make the provider look silent.
 */
import { abortError } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';

export interface IdleTimeoutOptions {
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
  /** Outer abort; ends the request too (API-58). */
  readonly signal: AbortSignal;
  /** Message of the `LLM_TIMEOUT` that a silence ends with. */
  readonly message: string;
}

/**
 * Opens a stream under its own signal and passes its items on. The signal aborts on silence and with the outer one.
 * `onBytes` is for signs of life that are no items: a provider's keep-alive.
 */
export async function* withIdleTimeout<T>(
  open: (signal: AbortSignal, onBytes: () => void) => Promise<AsyncIterable<T>>,
  { idleTimeoutMs, clock, signal, message }: IdleTimeoutOptions,
): AsyncGenerator<T, void, undefined> {
  const request = new AbortController();
  let silent = false;
  const onAbort = () => request.abort(signal.reason);
  if (signal.aborted) throw abortError(signal);
  signal.addEventListener('abort', onAbort, { once: true });
  let heardAt = clock.monotonic();
  const onBytes = () => {
    heardAt = clock.monotonic();
  };
  const waitFor = async <R>(work: Promise<R>): Promise<R> => {
    onBytes();
    let stop = () => {};
    // Bytes only note the time, since many may come at once; whoever wakes too early waits for the rest.
    const watch = (delayMs: number) => {
      stop = clock.after(delayMs, () => {
        const restMs = heardAt + idleTimeoutMs - clock.monotonic();
        if (restMs >= 1) return watch(restMs);
        silent = true;
        request.abort();
      });
    };
    watch(idleTimeoutMs);
    try {
      return await work;
    } finally {
      stop();
    }
  };
  // Some clients end a stream quietly when they are aborted, so the flags decide, not the kind of ending.
  const throwIfStopped = (cause?: unknown) => {
    if (signal.aborted) throw abortError(signal);
    if (silent) throw new AppError('LLM_TIMEOUT', { message, cause });
  };
  let iterator: AsyncIterator<T> | undefined;
  let ended = false;
  try {
    iterator = (await waitFor(open(request.signal, onBytes)))[Symbol.asyncIterator]();
    for (;;) {
      const next = await waitFor(iterator.next());
      throwIfStopped();
      if (next.done) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } catch (error) {
    ended = true;
    throwIfStopped(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!ended) {
      // The consumer left early: nobody reads on, so the request must not run on.
      request.abort();
      await iterator?.return?.();
    }
  }
}
