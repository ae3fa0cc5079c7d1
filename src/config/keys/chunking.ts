import type { ChunkingSettings } from '../knowledge-settings.js';
import { choice, flag, integer, list, type Static, section, text } from '../schema-builder.js';

export const ChunkingSchema = section(
  {
    strategy: choice(
      ['simple', 'overlapping', 'sentence', 'recursive', 'semantic', 'markdown'],
      'How documents are cut: by size, by size with overlap, by sentences, at the best separator, at headings, paragraphs and definitions, as Markdown.',
      { default: 'simple' },
    ),
    unit: choice(['characters', 'tokens'], 'What size, overlap, min_size and max_size count.', { default: 'characters' }),
    size: integer('Wanted size of a chunk.', { default: 1000, minimum: 1, maximum: 100_000 }),
    overlap: integer('What a chunk repeats of the one before it.', { default: 0, minimum: 0 }),
    min_size: integer('Shorter chunks are joined to their neighbour.', { default: 100, minimum: 0 }),
    max_size: integer('No chunk is longer.', { default: 2000, minimum: 1, maximum: 200_000 }),
    preserve_words: flag('Words are kept whole.', { default: true }),
    sentences_per_chunk: integer("Sentences of a chunk, for 'sentence'.", { default: 5, minimum: 1, maximum: 1000 }),
    separators: list(
      text('Text to cut behind; an empty one cuts between words.', { maxLength: 100 }),
      "Where to cut, best first, for 'recursive'.",
      {
        default: ['\n\n', '\n', '. ', '! ', '? ', '。', ' ', ''],
        minItems: 1,
      },
    ),
  },
  'How documents become chunks.',
);

export function resolveChunking(chunking: Static<typeof ChunkingSchema>): ChunkingSettings {
  return {
    strategy: chunking.strategy,
    unit: chunking.unit,
    size: chunking.size,
    overlap: chunking.overlap,
    minSize: chunking.min_size,
    maxSize: chunking.max_size,
    preserveWords: chunking.preserve_words,
    sentencesPerChunk: chunking.sentences_per_chunk,
    separators: chunking.separators,
  };
}
