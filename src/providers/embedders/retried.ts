/** What may pass by itself is tried again (RAG-36, W-79): network, 5xx, silence, nonsense. A refusal for the rate comes here only when its caller cannot wait. */
import { abortError } from '../../base/abort.js';
import { backoffMs } from '../../base/backoff.js';
import { AppError } from '../../base/errors.js';
import type { EmbedTexts } from './contract.js';
import type { EmbedderDependencies } from './dependencies.js';

export interface RetriedOptions extends Pick<EmbedderDependencies, 'name' | 'clock' | 'log'> {
  /** Default `Math.random`. */
  readonly random?: () => number;
}

export function retried(embed: EmbedTexts, { name, clock, log, random }: RetriedOptions): EmbedTexts {
  return async (texts, purpose, signal) => {
    for (let failures = 1; ; failures++) {
      try {
        return await embed(texts, purpose, signal);
      } catch (error) {
        if (signal.aborted) throw abortError(signal);
        if (!isWorthwhile(error, texts.length) || failures >= TRIES) throw error;
        const delayMs = Math.min(error.retryAfterMs ?? backoffMs(failures, BACKOFF, random), BACKOFF.maxMs);
        log.warn({ err: error, embedder: name, delayMs, failures }, 'the embedder failed, trying again');
        await clock.sleep(delayMs, signal).catch(() => {
          throw abortError(signal);
        });
      }
    }
  };
}

/** Many texts that took too long are not asked for again as they are: fewer at once may be quick enough. */
function isWorthwhile(error: unknown, texts: number): error is AppError {
  if (!(error instanceof AppError) || error.disposition !== 'retry' || error.code === 'EMBEDDER_RATE_LIMITED') return false;
  return error.code !== 'EMBEDDER_TIMEOUT' || texts === 1;
}

const TRIES = 3;
const BACKOFF = { baseMs: 1_000, maxMs: 30_000, jitter: 0.1 };
