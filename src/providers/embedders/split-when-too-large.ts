/**
 * Halves a request that is too large, or too slow, until it is not. A single text that is too long is cut where `truncate` says so, else it
 * fails, and with it its document alone.
 */
import { AppError } from '../../base/errors.js';
import type { EmbedderSettings } from '../../config/settings.js';
import type { EmbedTexts } from './contract.js';
import type { EmbedderDependencies } from './dependencies.js';
import type { RequestSize } from './request-size.js';
import { bytesOf } from './token-estimate.js';

export interface SplitOptions extends Pick<EmbedderDependencies, 'name' | 'log'> {
  readonly size: RequestSize;
  readonly truncate: EmbedderSettings['truncate'];
}

export function splitWhenTooLarge(embed: EmbedTexts, { name, log, size, truncate }: SplitOptions): EmbedTexts {
  const split: EmbedTexts = async (texts, purpose, signal) => {
    const bytes = bytesOf(texts);
    try {
      const vectors = await embed(texts, purpose, signal);
      size.wentWell(bytes);
      return vectors;
    } catch (error) {
      if (!(error instanceof AppError) || !(error.code === 'EMBEDDER_TOO_LARGE' || error.code === 'EMBEDDER_TIMEOUT')) throw error;
      const [only = ''] = texts;
      if (texts.length > 1) {
        // Of a text that is too long, the request's size says nothing.
        if (error.code === 'EMBEDDER_TIMEOUT' || error.details['kind'] === 'request_too_large') size.wasTooLarge(bytes);
        const half = Math.ceil(texts.length / 2);
        return [...(await split(texts.slice(0, half), purpose, signal)), ...(await split(texts.slice(half), purpose, signal))];
      }
      if (error.code === 'EMBEDDER_TIMEOUT' || truncate === 'NONE' || only.length < MIN_CHARACTERS) throw error;
      const shorter = cut(only, truncate);
      log.warn({ embedder: name, characters: only.length, kept: shorter.length }, 'a text is too long for the embedder and is cut');
      return await split([shorter], purpose, signal);
    }
  };
  return split;
}

/** Three quarters of it, never half a character. */
function cut(text: string, truncate: 'START' | 'END'): string {
  const keep = Math.floor(text.length * 0.75);
  return truncate === 'END'
    ? text.slice(0, keep).replace(/[\uD800-\uDBFF]$/, '')
    : text.slice(text.length - keep).replace(/^[\uDC00-\uDFFF]/, '');
}

const MIN_CHARACTERS = 16;
