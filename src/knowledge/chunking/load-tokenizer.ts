/** The tokenizer of OpenAI's embedding models, some 70 MB, loaded on the thread that first counts and kept; others are near it. */
import type { CountTokens } from './token-ruler.js';

export function loadTokenizer(): Promise<CountTokens> {
  loading ??= importTokenizer();
  return loading;
}

async function importTokenizer(): Promise<CountTokens> {
  const { countTokens } = await import('gpt-tokenizer/esm/encoding/cl100k_base');
  const options = { disallowedSpecial: new Set<string>() };
  // What looks like a control token is text like any other.
  return (text) => countTokens(text, options);
}

let loading: Promise<CountTokens> | undefined;
