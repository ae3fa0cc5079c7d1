/**
 * Runs `work` so that nobody on this thread can meanwhile make a `Uint8Array` of more than `maxBytes`, or unpack anything by streams.
 * Buffers lie outside of the heap, which is all that a thread's limits know: a library that unpacks what a document holds would take
 * all memory there is.
 */
export async function withLimitedBuffers<T>(maxBytes: number, work: () => Promise<T>): Promise<T> {
  const { Uint8Array: original, DecompressionStream: unpacking } = globalThis;
  const limited: Uint8ArrayConstructor = new Proxy(original, {
    construct(target, args: readonly unknown[], newTarget): object {
      const [length] = args;
      if (typeof length === 'number' && length > maxBytes)
        throw new RangeError(`a buffer of ${length} bytes; at most ${maxBytes} are allowed`);
      return Reflect.construct(target, args, newTarget === limited ? target : newTarget);
    },
  });
  Object.assign(globalThis, { Uint8Array: limited, DecompressionStream: undefined });
  try {
    return await work();
  } finally {
    Object.assign(globalThis, { Uint8Array: original, DecompressionStream: unpacking });
  }
}
