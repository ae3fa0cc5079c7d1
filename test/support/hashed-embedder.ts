import { embedTexts } from '../../src/providers/embedders/adapters/local/hashed-embedding.js';
import type { Embedder } from '../../src/providers/embedders/contract.js';

/** The built-in embedder without its thread; counts the documents that it was given. */
export function embedHashed(): Embedder & { documents(): number } {
  const dimension = 64;
  let documents = 0;
  return {
    provider: 'local',
    model: 'hashed',
    dimension,
    batchSize: 3,
    async embed(texts, purpose) {
      if (purpose === 'document') documents += texts.length;
      const all = embedTexts(texts, dimension);
      return texts.map((_, index) => all.slice(index * dimension, (index + 1) * dimension));
    },
    documents: () => documents,
  };
}
