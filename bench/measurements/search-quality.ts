/** How often the passage with the answer is among the first, by each way to search. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { SearchSettings } from '../../src/config/search-settings.js';
import type { DocumentStoreSettings } from '../../src/config/settings.js';
import type { Retriever } from '../../src/knowledge/search/retriever.js';
import { silentLogger } from '../../src/observe/log.js';
import type { EmbedderDependencies } from '../../src/providers/embedders/dependencies.js';
import { createEmbedder } from '../../src/providers/embedders/registry.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import { createLanguageModel } from '../../src/providers/llms/registry.js';
import { openRig } from '../../test/support/knowledge-rig.js';
import { searchSettings } from '../../test/support/search-settings.js';
import type { Line, Measurement } from '../frame/measurement.js';
import { type LabelledQuestion, QUESTIONS } from './search-questions.js';

export const searchQuality: Measurement = {
  name: 'search-quality',
  budgetSeconds: { full: 60, quick: 20 },
  rows: [
    {
      name: 'search-quality',
      question: 'Of questions with a known passage: what is the mean of 1 / place of the first passage with the answer (MRR@10)?',
      method:
        '42 questions over the Markdown of this repository, each with words that only a passage with the answer has; chunks of 800 characters, strategy markdown, the built-in embedder, which knows words and parts of words and no meaning. hit@1 and hit@5: the share with such a passage among the first. With --config <file> its first embedder and first llm are used, and lines for rerank, HyDE and multi-query are added. Figures move with the documents: ratios within a run count.',
      unit: 'MRR@10',
      better: 'higher',
      unitOfWork: 'search',
    },
  ],
  async measure(run) {
    const dependencies = { clock: systemClock, log: silentLogger };
    const file = run.options['config'];
    const settings = file === undefined ? undefined : loadSettings({ file });
    const [embedder] = Object.entries(settings?.embedders ?? {}).filter(([, { provider }]) => provider !== 'local');
    const [llm] = Object.entries(settings?.llms ?? {});
    const models = new Map<string, LanguageModel>();
    if (llm !== undefined) models.set(llm[0], await createLanguageModel(llm[1], { name: llm[0], ...dependencies }));
    const stateFolder = mkdtempSync(path.join(tmpdir(), 'hector-bench-'));
    let rig = await openRig({
      folder: process.cwd(),
      stateFolder,
      settings: CORPUS,
      ...(embedder === undefined
        ? {}
        : { wrapEmbedder: () => createEmbedder(embedder[1], { name: embedder[0], textThreads: NO_THREADS, ...dependencies }) }),
    });
    const lines: Line[] = [];
    try {
      await rig.ingest();
      const { chunks } = await rig.chunkStore.counts('docs');
      run.say(`${QUESTIONS.length} questions, ${chunks} chunks, embedder ${rig.embedder.provider}/${rig.embedder.model}`);
      for (const [target, changed] of [...MODES, ...(llm === undefined ? [] : modelModes(llm[0]))]) {
        rig = await rig.restart({ search: searchSettings(changed) });
        const retriever = rig.knowledge.createRetriever({ models });
        await retriever.search('warm up', { stores: ['docs'] }, AbortSignal.timeout(60_000));
        const { ranks, cpuMs } = await ask(retriever);
        const share = (most: number) => (ranks.filter((rank) => rank <= most).length / ranks.length).toFixed(3);
        lines.push({
          row: 'search-quality',
          target,
          repeats: [ranks.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length],
          comparedWith: target === 'vector' ? undefined : 'vector',
          cpuUs: (cpuMs * 1_000) / ranks.length,
          also: { 'hit@1': share(1), 'hit@5': share(5) },
        });
        const missed = QUESTIONS.filter((_, index) => (ranks[index] ?? 0) > 5).map(({ question }) => question);
        if (run.options['missed'] !== undefined) for (const question of missed) run.say(`${target} missed: ${question}`);
      }
    } finally {
      await rig.close();
      rmSync(stateFolder, { recursive: true, force: true });
    }
    return lines;
  },
};

/** Embedders of services need none. */
const NO_THREADS: EmbedderDependencies['textThreads'] = { run: () => Promise.reject(new Error('no text threads here')) };

type Mode = readonly [name: string, changed: Partial<SearchSettings>];

const MODES: readonly Mode[] = [
  ['vector', { mode: 'vector' }],
  ['keyword', { mode: 'keyword' }],
  ['hybrid', { mode: 'hybrid' }],
  ['hybrid, 0.7 / 0.3', { mode: 'hybrid', vectorWeight: 0.7, keywordWeight: 0.3 }],
  ['hybrid, 0.3 / 0.7', { mode: 'hybrid', vectorWeight: 0.3, keywordWeight: 0.7 }],
];

/** Only with a model: the offline one cannot put passages in order. */
function modelModes(llm: string): readonly Mode[] {
  return [
    ['hybrid + rerank', { mode: 'hybrid', enableRerank: true, rerankLlm: llm }],
    ['hybrid + HyDE', { mode: 'hybrid', enableHyde: true, hydeLlm: llm }],
    ['hybrid + multi-query', { mode: 'hybrid', enableMultiQuery: true, multiQueryLlm: llm }],
  ];
}

const CORPUS: Partial<DocumentStoreSettings> = {
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
};

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
