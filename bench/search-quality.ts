/**
 * `npm run bench -- search-quality [--config <file>] [--missed]`: how often the passage with the answer is among the first five, and how far up, by
 * each way to search (method in README.md).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.js';
import { loadSettings } from '../src/config/load-settings.js';
import type { SearchSettings } from '../src/config/search-settings.js';
import type { Retriever } from '../src/knowledge/search/retriever.js';
import { silentLogger } from '../src/observe/log.js';
import type { EmbedderDependencies } from '../src/providers/embedders/dependencies.js';
import { createEmbedder } from '../src/providers/embedders/registry.js';
import type { LanguageModel } from '../src/providers/llms/contract.js';
import { createLanguageModel } from '../src/providers/llms/registry.js';
import { openRig } from '../test/support/knowledge-rig.js';
import { searchSettings } from '../test/support/search-settings.js';
import { type LabelledQuestion, QUESTIONS } from './search-questions.js';

const { values } = parseArgs({ options: { config: { type: 'string' }, missed: { type: 'boolean', default: false } } });
const dependencies = { clock: systemClock, log: silentLogger };
const settings = values.config === undefined ? undefined : loadSettings({ file: values.config });
const [embedder] = Object.entries(settings?.embedders ?? {}).filter(([, { provider }]) => provider !== 'local');
const [llm] = Object.entries(settings?.llms ?? {});
const models = new Map<string, LanguageModel>();
if (llm !== undefined) models.set(llm[0], await createLanguageModel(llm[1], { name: llm[0], ...dependencies }));

/** Embedders of services need none. */
const NO_THREADS: EmbedderDependencies['textThreads'] = { run: () => Promise.reject(new Error('no text threads here')) };

/** Rows that ask a model only with one: the offline model cannot put passages in order. */
const ROWS: readonly (readonly [string, Partial<SearchSettings>])[] = [
  ['vector', { mode: 'vector' }],
  ['keyword', { mode: 'keyword' }],
  ['hybrid', { mode: 'hybrid' }],
  ['hybrid, 0.7 / 0.3', { mode: 'hybrid', vectorWeight: 0.7, keywordWeight: 0.3 }],
  ['hybrid, 0.3 / 0.7', { mode: 'hybrid', vectorWeight: 0.3, keywordWeight: 0.7 }],
  ...(llm === undefined
    ? []
    : ([
        ['hybrid + rerank', { mode: 'hybrid', enableRerank: true, rerankLlm: llm[0] }],
        ['hybrid + HyDE', { mode: 'hybrid', enableHyde: true, hydeLlm: llm[0] }],
        ['hybrid + multi-query', { mode: 'hybrid', enableMultiQuery: true, multiQueryLlm: llm[0] }],
      ] as const)),
];

const stateFolder = mkdtempSync(path.join(tmpdir(), 'hector-bench-'));
let rig = await openRig({
  folder: process.cwd(),
  stateFolder,
  settings: {
    source: {
      type: 'directory',
      path: process.cwd(),
      include: ['README.md', 'src/**/*.md', 'config/**/*.md', 'test/**/*.md', 'bench/**/*.md'],
      exclude: ['.*', 'node_modules', 'dist', 'test/fixtures'],
      maxFileBytes: 1_000_000,
    },
    chunking: {
      ...{ strategy: 'markdown', unit: 'characters', size: 800, overlap: 0, minSize: 100, maxSize: 1200, preserveWords: true },
      ...{ sentencesPerChunk: 5, separators: [] },
    },
  },
  ...(embedder === undefined
    ? {}
    : { wrapEmbedder: () => createEmbedder(embedder[1], { name: embedder[0], textThreads: NO_THREADS, ...dependencies }) }),
});
try {
  await rig.ingest();
  const { chunks } = await rig.chunkStore.counts('docs');
  console.log(`search-quality: ${QUESTIONS.length} questions, ${chunks} chunks, embedder ${rig.embedder.provider}/${rig.embedder.model}`);
  console.log(`  ${'mode'.padEnd(24)}${['hit@1', 'hit@5', 'MRR@10', 'CPU ms'].map((name) => name.padStart(9)).join('')}`);
  for (const [name, changed] of ROWS) {
    rig = await rig.restart({ search: searchSettings(changed) });
    const retriever = rig.knowledge.createRetriever({ models });
    await retriever.search('warm up', { stores: ['docs'] }, AbortSignal.timeout(60_000));
    const { ranks, cpuMs } = await ask(retriever);
    const share = (most: number) => ranks.filter((rank) => rank <= most).length / ranks.length;
    const mrr = ranks.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length;
    const figures = [share(1).toFixed(3), share(5).toFixed(3), mrr.toFixed(3), (cpuMs / ranks.length).toFixed(1)];
    console.log(`  ${name.padEnd(24)}${figures.map((figure) => figure.padStart(9)).join('')}`);
    const missed = QUESTIONS.filter((_, index) => (ranks[index] ?? 0) > 5).map(({ question }) => question);
    if (values.missed) for (const question of missed) console.log(`      missed: ${question}`);
  }
} finally {
  await rig.close();
  rmSync(stateFolder, { recursive: true, force: true });
}

/** Place of the first passage with the answer, from 1; infinite = not among ten. */
async function ask(retriever: Retriever): Promise<{ readonly ranks: readonly number[]; readonly cpuMs: number }> {
  const started = process.cpuUsage();
  const ranks: number[] = [];
  for (const labelled of QUESTIONS) {
    const hits = await retriever.search(labelled.question, { stores: ['docs'], limit: 10 }, AbortSignal.timeout(60_000));
    const place = hits.findIndex((hit) => answers(labelled, hit.documentId, hit.content));
    ranks.push(place < 0 ? Number.POSITIVE_INFINITY : place + 1);
  }
  const { user, system } = process.cpuUsage(started);
  return { ranks, cpuMs: (user + system) / 1_000 };
}

function answers({ document, answer }: LabelledQuestion, id: string, content: string): boolean {
  return id === document && content.replace(/\s+/g, ' ').includes(answer);
}
