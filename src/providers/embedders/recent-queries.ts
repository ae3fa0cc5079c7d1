/** The vectors of the last queries, since people and agents ask the same again. Owns them: the newest of this process, in memory. */
import type { EmbedTexts } from './contract.js';

export function recentQueries(embed: EmbedTexts): EmbedTexts {
  const recent = new Map<string, Float32Array>();
  return async (texts, purpose, signal, anew) => {
    const [only] = texts;
    if (purpose !== 'query' || only === undefined || texts.length > 1 || only.length > MAX_CHARACTERS)
      return await embed(texts, purpose, signal, anew);
    const vector = recent.get(only) ?? (await embed(texts, purpose, signal))[0];
    if (vector === undefined) return [];
    recent.delete(only);
    recent.set(only, vector);
    for (const oldest of recent.keys()) {
      if (recent.size <= MAX_QUERIES) break;
      recent.delete(oldest);
    }
    return [vector];
  };
}

const MAX_QUERIES = 500;
const MAX_CHARACTERS = 2_000;
