/**
 * An async generator that can be closed while it waits. A bare generator queues `return()` behind the `next()` under
 * way, so a client that leaves a silent stream would hold its follower until the next event.
 *
 * @param signal aborts the stream as well, e.g. the request's.
 * @param produce gets a signal that aborts on either; everything it awaits must end then.
 */
export function detachableStream<T>(
  signal: AbortSignal,
  produce: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncIterableIterator<T, void> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  const generator = produce(controller.signal);
  const end = () => {
    signal.removeEventListener('abort', abort);
    controller.abort();
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await generator.next();
        if (result.done === true) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      await generator.return();
      return { done: true, value: undefined };
    },
  };
}
