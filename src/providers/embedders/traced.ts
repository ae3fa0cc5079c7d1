import { withSpan } from '../../observe/trace.js';
import type { Embedder } from './contract.js';

/** Whoever asks for vectors has a span of it (OBS-31, OBS-32); what is remembered is found within it. */
export function traced(embedder: Embedder): Embedder {
  const { provider, model } = embedder;
  return {
    ...embedder,
    embed(texts, purpose, signal, anew) {
      const attributes = {
        'gen_ai.system': provider,
        'gen_ai.operation.name': 'embeddings',
        'gen_ai.request.model': model,
        'hector.rag.embedding_model': model,
        'hector.rag.purpose': purpose,
        'hector.rag.chunk_count': texts.length,
      };
      return withSpan('hector.rag.embed', attributes, () => embedder.embed(texts, purpose, signal, anew));
    },
  };
}
