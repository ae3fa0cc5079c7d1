/** How fast each strategy cuts documents, beside LangChain.js. */
import { CharacterTextSplitter, MarkdownTextSplitter, RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import type { ChunkingSettings } from '../../src/config/settings.js';
import { chunkText } from '../../src/knowledge/chunking/chunk-text.js';
import { loadTokenizer } from '../../src/knowledge/chunking/load-tokenizer.js';
import { extractMarkdown } from '../../src/knowledge/extract/markdown.js';
import type { Line, Measurement } from '../frame/measurement.js';
import { readMarkdown } from '../load/markdown.js';

export const chunking: Measurement = {
  name: 'chunking',
  budgetSeconds: { full: 30, quick: 8 },
  rows: [
    {
      name: 'chunking',
      question: 'How many MB of Markdown does one core cut in a second, by each strategy?',
      method:
        'The repository’s own Markdown (--megabytes), each round of it a little different; a strategy and the LangChain.js splitter that does the same take turns in one process, warm-up first; bytes per second of CPU time. 1,000 characters with 100 of overlap, or 250 tokens with 25. The peers give texts; ours also know their lines, pages, headings and definitions.',
      unit: 'MB/s',
      better: 'higher',
    },
  ],
  async measure(run) {
    const text = await readMarkdown(Number(run.options['megabytes'] ?? (run.isQuick ? 0.3 : 2)) * 1_000_000);
    const bytes = Buffer.byteLength(text);
    const lines: Line[] = [];
    for (const { name, own, peer } of await makePairs(text)) {
      const cuts = [{ target: name, cut: own, rates: [] as number[], chunks: 0 }];
      if (peer !== undefined) cuts.push({ target: peer[0], cut: peer[1], rates: [], chunks: 0 });
      for (const { cut } of cuts) await cut();
      // Turn by turn, so that a noisy moment meets both.
      for (let repeat = 0; repeat < run.repeats + 2; repeat++)
        for (const each of cuts) {
          const before = process.cpuUsage();
          each.chunks = await each.cut();
          const { user, system } = process.cpuUsage(before);
          each.rates.push(bytes / (user + system));
        }
      const comparedWith = cuts[1]?.target;
      for (const { target, rates, chunks } of cuts)
        lines.push({
          row: 'chunking',
          target,
          repeats: rates,
          comparedWith: target === comparedWith ? undefined : comparedWith,
          also: { chunks },
        });
    }
    return lines;
  },
};

type Cut = () => Promise<number> | number;

interface Pair {
  readonly name: string;
  readonly own: Cut;
  readonly peer?: readonly [string, Cut];
}

/** Each strategy with the peer that does the same, if there is one. */
async function makePairs(text: string): Promise<readonly Pair[]> {
  const document = extractMarkdown(text);
  const countTokens = await loadTokenizer();
  const settings: Omit<ChunkingSettings, 'strategy' | 'unit'> = {
    ...{ size: 1000, overlap: 100, minSize: 100, maxSize: 2000, preserveWords: true, sentencesPerChunk: 5 },
    separators: ['\n\n', '\n', ' ', ''],
  };
  const inTokens = { ...settings, size: 250, overlap: 25, minSize: 25, maxSize: 500 };
  const own =
    (strategy: ChunkingSettings['strategy']): Cut =>
    () =>
      chunkText(document, { ...settings, strategy, unit: 'characters' }).length;
  const peerOptions = { chunkSize: 1000, chunkOverlap: 100 };
  const peer =
    (splitter: { splitText(text: string): Promise<string[]> }): Cut =>
    async () =>
      (await splitter.splitText(text)).length;

  return [
    {
      name: 'simple',
      own: own('simple'),
      peer: ['CharacterTextSplitter', peer(new CharacterTextSplitter({ ...peerOptions, separator: ' ' }))],
    },
    { name: 'overlapping', own: own('overlapping') },
    { name: 'sentence', own: own('sentence') },
    {
      name: 'recursive',
      own: own('recursive'),
      peer: ['RecursiveCharacterTextSplitter', peer(new RecursiveCharacterTextSplitter(peerOptions))],
    },
    { name: 'semantic', own: own('semantic') },
    { name: 'markdown', own: own('markdown'), peer: ['MarkdownTextSplitter', peer(new MarkdownTextSplitter(peerOptions))] },
    {
      name: 'recursive by tokens',
      own: () => chunkText(document, { ...inTokens, strategy: 'recursive', unit: 'tokens' }, countTokens).length,
      // Its own splitter by tokens asks a server for the tokenizer; this is how one cuts by tokens without it.
      peer: [
        'Recursive…, lengthFunction',
        peer(new RecursiveCharacterTextSplitter({ chunkSize: 250, chunkOverlap: 25, lengthFunction: countTokens })),
      ],
    },
  ];
}
