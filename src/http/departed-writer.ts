import type { StreamWriter } from './server.js';

/** For a stream whose client had gone before it began. */
export function departedWriter(): StreamWriter {
  return { write: () => false, drained: () => Promise.resolve(), bufferedBytes: 0, signal: AbortSignal.abort() };
}
