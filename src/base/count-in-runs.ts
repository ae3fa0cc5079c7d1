/**
 * Counts tokens of a text that has long runs without a boundary. Tokenizers need time that grows with the square of such a run, and it costs
 * tens of milliseconds of everybody's time: it is cut, which counts at most a token too many per piece.
 */
export function countInRuns(text: string, count: (piece: string) => number): number {
  let tokens = 0;
  let at = 0;
  for (const { index, 0: run } of text.matchAll(LONG_RUN)) {
    if (index > at) tokens += count(text.slice(at, index));
    for (let from = 0; from < run.length; from += MAX_RUN) tokens += count(run.slice(from, from + MAX_RUN));
    at = index + run.length;
  }
  return at < text.length ? tokens + count(text.slice(at)) : tokens;
}

const LONG_RUN = /\S{129,}|\s{129,}/g;
const MAX_RUN = 128;
