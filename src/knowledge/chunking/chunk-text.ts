/**
 * Text → chunks (RAG-20…24). Pure and deterministic.
 *
 * 1. Every character that is not white space is in at least one chunk.
 * 2. No chunk is longer than `maxSize`; no surrogate pair is split.
 * 3. No chunk but the only one is shorter than `minSize`, unless `maxSize` forbids joining it. Of tokens, by their estimate.
 */
import { countInRuns } from '../../base/count-in-runs.js';
import type { ChunkingSettings } from '../../config/settings.js';
import type { TextChunk } from '../../threads/messages.js';
import type { ExtractedText } from '../extract/extracted-text.js';
import { joinShort, packBlocks, withOverlap } from './blocks.js';
import { lineOf, lineStarts } from './lines.js';
import { markdownBlocks } from './markdown-blocks.js';
import { createPlaceFinder } from './places.js';
import { CHARACTER_RULER, type Ruler } from './ruler.js';
import { sentenceRanges } from './sentences.js';
import { splitAtSeparators } from './separators.js';
import { skipSpace, trimEnd, wholeSign } from './spaces.js';
import { structureBlocks } from './structure-blocks.js';
import { type CountTokens, createTokenRuler } from './token-ruler.js';
import { type Range, windowRanges } from './windows.js';

export type ChunkableText = Pick<ExtractedText, 'text' | 'form' | 'landmarks'>;

/** @param countTokens needed where sizes are in tokens. */
export function chunkText(document: ChunkableText, settings: ChunkingSettings, countTokens?: CountTokens): readonly TextChunk[] {
  const { text, landmarks = [] } = document;
  const starts = lineStarts(text);
  const findPlace = createPlaceFinder(text, landmarks);
  return chunkRanges(document, settings, countTokens).map((range) => ({
    text: text.slice(range.start, range.end),
    startLine: lineOf(starts, range.start),
    endLine: lineOf(starts, range.end - 1),
    place: findPlace(range),
  }));
}

/** The chunks as ranges of the text, in order. */
export function chunkRanges(document: ChunkableText, settings: ChunkingSettings, countTokens?: CountTokens): readonly Range[] {
  const { text } = document;
  if (settings.unit === 'characters' || countTokens === undefined) return rangesBy(CHARACTER_RULER, document, settings);
  const ruler = createTokenRuler(text, countTokens);
  const ranges = rangesBy(ruler, document, settings);
  const cut = ranges.flatMap((range) => cutToTokens(text, ruler, range, settings.maxSize, countTokens));
  return cut.length === ranges.length ? ranges : withoutRepetition(cut);
}

/** In order; what is cut may lie in the overlap of the one behind it. */
function withoutRepetition(ranges: readonly Range[]): readonly Range[] {
  let covered = -1;
  return [...ranges]
    .sort((one, other) => one.start - other.start || other.end - one.end)
    .filter(({ end }) => {
      const isNew = end > covered;
      covered = Math.max(covered, end);
      return isNew;
    });
}

function rangesBy(ruler: Ruler, { text, form = 'text', landmarks = [] }: ChunkableText, settings: ChunkingSettings): readonly Range[] {
  const maxSize = Math.max(1, settings.maxSize);
  const minSize = Math.min(settings.minSize, maxSize);
  const size = Math.max(1, minSize, Math.min(settings.size, maxSize));
  // A window must move on: at most nine tenths of it may be old.
  const overlap = Math.min(settings.overlap, Math.floor(size * 0.9));
  const limits = { size, minSize, maxSize, overlap, preserveWords: settings.preserveWords };
  switch (settings.strategy) {
    case 'simple':
      return windowRanges(text, ruler, limits);
    case 'overlapping':
      return windowRanges(text, ruler, { ...limits, overlap: overlap > 0 ? overlap : Math.floor(size / 5) });
    case 'sentence':
      return sentenceRanges(text, ruler, { ...limits, sentencesPerChunk: Math.max(1, settings.sentencesPerChunk) });
    case 'recursive': {
      const pieces = splitAtSeparators(text, ruler, limits, settings.separators, { start: 0, end: text.length });
      return withOverlap(text, ruler, limits, joinShort(ruler, limits, pieces));
    }
    case 'markdown':
      return packBlocks(text, ruler, limits, markdownBlocks(text));
    case 'semantic':
      return packBlocks(text, ruler, limits, form === 'markdown' ? markdownBlocks(text) : structureBlocks(text, landmarks));
  }
}

/** Where the sum of its words was too low, the chunk is cut in two. */
function cutToTokens(text: string, ruler: Ruler, range: Range, maxSize: number, countTokens: CountTokens): readonly Range[] {
  const { start, end } = range;
  const estimate = ruler.measure(start, end);
  if (estimate * MAX_ERROR <= maxSize || countInRuns(text.slice(start, end), countTokens) <= maxSize) return [range];
  const middle = wholeSign(text, start, start + ((end - start) >> 1));
  const wanted = ruler.forward(start, Math.floor(estimate / 2));
  const cut = wanted > start && wanted < end ? wanted : middle;
  if (cut >= end) return [range];
  const halves = [
    { start, end: trimEnd(text, start, cut) },
    { start: skipSpace(text, cut, end), end },
  ];
  return halves.filter((half) => half.end > half.start).flatMap((half) => cutToTokens(text, ruler, half, maxSize, countTokens));
}

/** A chunk whose estimate stays below the limit by this factor is not counted again. */
const MAX_ERROR = 1.5;
