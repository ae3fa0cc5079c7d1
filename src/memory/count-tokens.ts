/**
 * How many tokens a message takes (AGT-54, W-95): of OpenAI's models exactly, of others by the tokenizer of an older one of theirs,
 * which is near. Text, thinking, arguments and results of tools count; files are estimated.
 *
 * Owns: the tokenizers of this process, loaded when the first agent counts, and kept; some 70 MB each.
 */
import { countInRuns } from '../base/count-in-runs.js';
import { describeError } from '../base/errors.js';
import type { Logger } from '../observe/log.js';
import type { FilePart, SessionMessage, SessionPart } from '../tasks/session-message.js';

export type CountTokens = (message: SessionMessage) => number;

export type CountText = (text: string) => number;

export interface CountedModel {
  readonly provider: string;
  readonly model: string;
}

/** Counts each part once, as long as it lives. Without a tokenizer: a token for four characters. */
export async function createTokenCounter(model: CountedModel, log: Logger): Promise<CountTokens> {
  const countText = await loadTokenizer(encodingOf(model)).catch((error: unknown): CountText => {
    log.warn({ reason: describeError(error), model: model.model }, 'the tokenizer cannot be loaded; tokens are estimated');
    return estimateTokens;
  });
  return countMessages(countText);
}

export function countMessages(countText: CountText): CountTokens {
  const known = new WeakMap<SessionPart, number>();
  return ({ parts }) => {
    let tokens = TOKENS_PER_MESSAGE;
    for (const part of parts) {
      let own = known.get(part);
      if (own === undefined) {
        own = countPart(part, countText);
        known.set(part, own);
      }
      tokens += own;
    }
    return tokens;
  };
}

export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

export function encodingOf({ provider, model }: CountedModel): 'o200k_base' | 'cl100k_base' {
  return provider === 'openai' && /^(gpt-4o|gpt-4\.|gpt-[5-9]|chatgpt-|o\d|codex)/.test(model) ? 'o200k_base' : 'cl100k_base';
}

function loadTokenizer(encoding: ReturnType<typeof encodingOf>): Promise<CountText> {
  let loading = tokenizers.get(encoding);
  if (loading === undefined) {
    loading = importTokenizer(encoding);
    tokenizers.set(encoding, loading);
    loading.catch(() => tokenizers.delete(encoding));
  }
  return loading;
}

async function importTokenizer(encoding: ReturnType<typeof encodingOf>): Promise<CountText> {
  const { countTokens } =
    encoding === 'o200k_base'
      ? await import('gpt-tokenizer/esm/encoding/o200k_base')
      : await import('gpt-tokenizer/esm/encoding/cl100k_base');
  // What looks like a control token is text like any other.
  return (text) => countLongText(text, (piece) => countTokens(piece, { disallowedSpecial: new Set() }));
}

/** Of a text that is longer than any budget, the beginning says how dense it is. */
function countLongText(text: string, count: CountText): number {
  if (text.length > MAX_COUNTED) return Math.ceil((countLongText(text.slice(0, MAX_COUNTED), count) * text.length) / MAX_COUNTED);
  return countInRuns(text, count);
}

function countPart(part: SessionPart, count: CountText): number {
  switch (part.type) {
    case 'text':
    case 'thinking':
      return count(part.text);
    case 'data':
      return count(JSON.stringify(part.data));
    case 'file':
      return countFile(part);
    case 'tool_call':
      return TOKENS_PER_CALL + count(part.name) + count(part.invalidArguments ?? JSON.stringify(part.arguments));
    case 'tool_result': {
      const files = (part.files ?? []).reduce((sum, file) => sum + countFile(file), 0);
      return TOKENS_PER_CALL + count(part.name) + count(part.content) + files;
    }
  }
}

/** Images cost about as much as a page, whatever their size; of documents, a page is some 40 KB. */
function countFile({ raw = '', mediaType = '' }: FilePart): number {
  return mediaType.startsWith('image/') ? TOKENS_PER_PAGE : TOKENS_PER_PAGE * Math.max(1, Math.ceil(raw.length / 54_000));
}

const tokenizers = new Map<string, Promise<CountText>>();
const TOKENS_PER_MESSAGE = 4;
const TOKENS_PER_CALL = 8;
const TOKENS_PER_PAGE = 1_500;
const MAX_COUNTED = 65_536;
