/** A page's main text, read on a thread that is ended at its limits, whatever the page does. */
import { Worker } from 'node:worker_threads';
import { abortError } from '../../../../base/abort.js';
import type { Clock } from '../../../../base/clock.js';
import { AppError } from '../../../../base/errors.js';
import { ThreadPlaces } from '../../thread-places.js';

export interface PageSource {
  readonly html: string;
  readonly url: string;
}

export interface Page {
  readonly title: string;
  readonly markdown: string;
}

export interface ReadPageOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Default 10,000. */
  readonly maxMs?: number;
}

/** @throws AppError `TOOL_FAILED` for a page that takes too long or too much memory */
export async function readPage(source: PageSource, { clock, signal, maxMs = 10_000 }: ReadPageOptions): Promise<Page> {
  const release = await PLACES.take(signal);
  const worker = new Worker(new URL('./page-thread.js', import.meta.url), {
    workerData: source,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 384 },
  });
  let undo: (() => void) | undefined;
  try {
    return await new Promise<Page>((resolve, reject) => {
      const fail = (why: string, cause?: unknown) =>
        reject(new AppError('TOOL_FAILED', { message: `The page cannot be read: ${why}`, cause }));
      const onAbort = () => reject(abortError(signal));
      signal.addEventListener('abort', onAbort, { once: true });
      const stopTimer = clock.after(maxMs, () => fail(`it took longer than ${maxMs} ms`));
      undo = () => {
        stopTimer();
        signal.removeEventListener('abort', onAbort);
      };
      if (signal.aborted) onAbort();
      worker.on('error', (error) => fail('it is too large or too deeply nested', error));
      worker.on('exit', () => fail('its reader ended without a result'));
      worker.on('message', resolve);
    });
  } finally {
    undo?.();
    await worker.terminate();
    release();
  }
}

const PLACES = new ThreadPlaces(2);
