/**
 * Text → chunks (RAG-20…23). Pure and deterministic.
 *
 * 1. Every character that is not white space is in at least one chunk.
 * 2. No chunk is longer than `maxSize`; no surrogate pair is split.
 * 3. No chunk but the only one is shorter than `minSize`, unless `maxSize` forbids joining it.
 */
import type { ChunkingSettings } from '../../config/settings.js';
import type { TextChunk } from '../../threads/messages.js';
import { lineOf, lineStarts } from './lines.js';
import { sentenceRanges } from './sentences.js';
import { type Range, windowRanges } from './windows.js';

export function chunkText(text: string, settings: ChunkingSettings): readonly TextChunk[] {
  const starts = lineStarts(text);
  return chunkRanges(text, settings).map(({ start, end }) => ({
    text: text.slice(start, end),
    startLine: lineOf(starts, start),
    endLine: lineOf(starts, end - 1),
    place: {},
  }));
}

/** The chunks as ranges of the text, in order. */
export function chunkRanges(text: string, settings: ChunkingSettings): readonly Range[] {
  const maxSize = Math.max(1, settings.maxSize);
  const minSize = Math.min(settings.minSize, maxSize);
  const size = Math.max(1, minSize, Math.min(settings.size, maxSize));
  // A window must move on: at most nine tenths of it may be old.
  const overlap = Math.min(settings.overlap, Math.floor(size * 0.9));
  const limits = { size, minSize, maxSize, preserveWords: settings.preserveWords };
  switch (settings.strategy) {
    case 'simple':
      return windowRanges(text, { ...limits, overlap });
    case 'overlapping':
      return windowRanges(text, { ...limits, overlap: overlap > 0 ? overlap : Math.floor(size / 5) });
    case 'sentence':
      return sentenceRanges(text, { ...limits, overlap, sentencesPerChunk: Math.max(1, settings.sentencesPerChunk) });
  }
}
