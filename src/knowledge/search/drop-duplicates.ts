/** One text once: the same page in two folders, a copy with another footer. */
import { wordsOf } from '../../base/words.js';
import type { FoundChunk } from './found-chunk.js';

/** Of texts that are equal or nearly so the first stays. Beyond the first `COMPARED` only equal ones go. */
export function dropDuplicates(found: readonly FoundChunk[]): readonly FoundChunk[] {
  const kept: ReadonlySet<string>[] = [];
  return dropEqual(found).filter(({ chunk: { text } }) => {
    if (kept.length >= COMPARED) return true;
    const sequences = sequencesOf(text);
    if (kept.some((other) => isNearlyEqual(sequences, other))) return false;
    kept.push(sequences);
    return true;
  });
}

/** Of equal texts the first stays. */
export function dropEqual(found: readonly FoundChunk[]): readonly FoundChunk[] {
  const seen = new Set<string>();
  return found.filter(({ chunk: { text } }) => !seen.has(text) && seen.add(text));
}

/** Runs of three words; a text of fewer is only equal to itself. */
function sequencesOf(text: string): ReadonlySet<string> {
  const words = [...wordsOf(text)];
  return new Set(words.slice(2).map((word, index) => `${words[index]} ${words[index + 1]} ${word}`));
}

function isNearlyEqual(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size < FEWEST || small.size < large.size * NEARLY) return false;
  // Told apart as soon as too many are missing.
  let missing = small.size - Math.ceil((NEARLY * (small.size + large.size)) / (1 + NEARLY));
  for (const sequence of small) if (!large.has(sequence) && --missing < 0) return false;
  return true;
}

/** Share of all sequences of both that both have. */
const NEARLY = 0.9;
/** In a short text one other word is another statement. */
const FEWEST = 20;
const COMPARED = 200;
