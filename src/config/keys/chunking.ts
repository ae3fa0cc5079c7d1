import type { ChunkingSettings } from '../knowledge-settings.js';
import { choice, flag, integer, type Static, section } from '../schema-builder.js';

export const ChunkingSchema = section(
  {
    strategy: choice(['simple', 'overlapping', 'sentence'], 'How documents are cut.', { default: 'simple' }),
    size: integer('Characters of a chunk.', { default: 1000, minimum: 1, maximum: 100_000 }),
    overlap: integer('Characters that a chunk repeats of the one before it.', { default: 0, minimum: 0 }),
    min_size: integer('Shorter chunks are joined to their neighbour, characters.', { default: 100, minimum: 0 }),
    max_size: integer('No chunk is longer, characters.', { default: 2000, minimum: 1, maximum: 200_000 }),
    preserve_words: flag('Words are kept whole.', { default: true }),
    sentences_per_chunk: integer("Sentences of a chunk, for 'sentence'.", { default: 5, minimum: 1, maximum: 1000 }),
  },
  'How documents become chunks.',
);

export function resolveChunking(chunking: Static<typeof ChunkingSchema>): ChunkingSettings {
  return {
    strategy: chunking.strategy,
    size: chunking.size,
    overlap: chunking.overlap,
    minSize: chunking.min_size,
    maxSize: chunking.max_size,
    preserveWords: chunking.preserve_words,
    sentencesPerChunk: chunking.sentences_per_chunk,
  };
}
