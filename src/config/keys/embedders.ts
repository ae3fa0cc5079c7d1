import { choice, integer, named, object, type Static, text } from '../schema-builder.js';
import type { EmbedderSettings } from '../settings.js';

const EmbedderSchema = object(
  {
    provider: choice(['local'], 'Who computes vectors; local is built in: hashed words and character sequences, no download.', {
      default: 'local',
    }),
    model: text('Model name.', { default: 'hashed-ngrams', minLength: 1 }),
    dimension: integer('Length of a vector.', { default: 384, minimum: 8, maximum: 4096 }),
    batch_size: integer('Texts embedded in one call.', { default: 100, minimum: 1, maximum: 10_000 }),
  },
  'One embedder.',
);

export const EmbeddersSchema = named(EmbedderSchema, "Embedders by name. Default: the built-in one, called '_local'.");

export function resolveEmbedder(embedder: Static<typeof EmbedderSchema>): EmbedderSettings {
  return { provider: embedder.provider, model: embedder.model, dimension: embedder.dimension, batchSize: embedder.batch_size };
}
