/**
 * `npm run bench -- chunking [--megabytes 2 --repeats 5]`: how many MB of text one core cuts in a second, by each strategy, beside
 * LangChain.js in the same run (method in README.md).
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CharacterTextSplitter, MarkdownTextSplitter, RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import type { ChunkingSettings } from '../src/config/settings.js';
import { chunkText } from '../src/knowledge/chunking/chunk-text.js';
import { loadTokenizer } from '../src/knowledge/chunking/load-tokenizer.js';
import { extractMarkdown } from '../src/knowledge/extract/markdown.js';
import { medianBy, round } from './statistics.js';

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '2' }, repeats: { type: 'string', default: '5' } } });
const text = await readCorpus(Number(values.megabytes) * 1_000_000);
const bytes = Buffer.byteLength(text);
const document = extractMarkdown(text);
const countTokens = await loadTokenizer();

const settings: Omit<ChunkingSettings, 'strategy' | 'unit'> = {
  ...{ size: 1000, overlap: 100, minSize: 100, maxSize: 2000, preserveWords: true, sentencesPerChunk: 5 },
  separators: ['\n\n', '\n', ' ', ''],
};
const inTokens = { ...settings, size: 250, overlap: 25, minSize: 25, maxSize: 500 };
type Cut = () => Promise<number> | number;
const own =
  (strategy: ChunkingSettings['strategy']): Cut =>
  () =>
    chunkText(document, { ...settings, strategy, unit: 'characters' }).length;
const peerOptions = { chunkSize: 1000, chunkOverlap: 100 };
const peer =
  (splitter: { splitText(text: string): Promise<string[]> }): Cut =>
  async () =>
    (await splitter.splitText(text)).length;

/** Each strategy with the peer that does the same, if there is one. */
const PAIRS: readonly { readonly name: string; readonly own: Cut; readonly peer?: readonly [string, Cut] }[] = [
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

console.log(`chunking: MB per second of one core, ${round(bytes / 1e6)} MB of Markdown, median of ${values.repeats}`);
for (const pair of PAIRS) {
  const figures = new Map<Cut, { readonly rate: number; readonly chunks: number }[]>();
  const cuts = [pair.own, ...(pair.peer === undefined ? [] : [pair.peer[1]])];
  for (const cut of cuts) await cut();
  // Turn by turn, so that a noisy moment meets both.
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const cut of cuts) figures.set(cut, [...(figures.get(cut) ?? []), await measure(cut)]);
  const median = (cut: Cut) => medianBy(figures.get(cut) ?? [], ({ rate }) => rate);
  const mine = median(pair.own);
  console.log(`  ${pair.name.padEnd(20)} ${mine.rate.toFixed(1).padStart(8)} MB/s  ${mine.chunks} chunks`);
  if (pair.peer === undefined) continue;
  const [name, cut] = pair.peer;
  const theirs = median(cut);
  console.log(
    `    ${name.padEnd(30)} ${theirs.rate.toFixed(1).padStart(8)} MB/s  ${theirs.chunks} chunks  ×${round(mine.rate / theirs.rate)}`,
  );
}

async function measure(cut: Cut): Promise<{ readonly rate: number; readonly chunks: number }> {
  const before = process.cpuUsage();
  const chunks = await cut();
  const { user, system } = process.cpuUsage(before);
  return { rate: bytes / (user + system), chunks };
}

/** The repository's own Markdown, again and again; each round differs, so that nothing is known from the one before. */
async function readCorpus(length: number): Promise<string> {
  const files = (await readdir('.', { recursive: true })).filter((name) => name.endsWith('.md') && !/node_modules|dist/.test(name));
  const texts = await Promise.all(files.sort().map((name) => readFile(path.resolve(name), 'utf8')));
  const parts: string[] = [];
  for (let total = 0, round = 0; total < length; round++)
    for (const part of texts) {
      parts.push(`${part}\n\nRound ${round}.\n\n`);
      total += part.length;
    }
  return parts.join('').slice(0, length);
}
