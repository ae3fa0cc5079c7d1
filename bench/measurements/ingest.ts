/** A folder of documents, from the start of the command to the last chunk that can be found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import { cpuMsOf, findPidsWith, residentMiBOf } from '../frame/process-usage.js';
import { readMarkdown } from '../load/markdown.js';

const DOCUMENT_CHARACTERS = 5_000;
const PEER = 'one thread, LangChain.js and hnswlib-node';
const SAMPLE_MS = 100;

export const ingest: Measurement = {
  name: 'ingest',
  budgetSeconds: { full: 40, quick: 0 },
  rows: [
    {
      name: 'ingest',
      question: 'How many chunks a second go from files into the index?',
      method:
        'A folder of Markdown files of 5,000 characters each (--documents, default 2,000), new each repeat: `hector ingest` with the built-in embedder, from the start of its process (its Redis and database are made in that time) to its end, when every chunk is in SQL and can be searched. The peer is a script of twenty lines that splits with LangChain.js, embeds with the same function and adds to raw hnswlib-node in one thread: it has no database, no full text, and nothing to go on from when it dies.',
      unit: 'chunks/s',
      better: 'higher',
      unitOfWork: 'chunk',
    },
    {
      name: 'ingest-unchanged',
      question: 'How long does the same command take when no file has changed?',
      method: 'The same folder once more, with `incremental_indexing`: from the start of the process to its end.',
      unit: 'ms',
      better: 'lower',
    },
  ],
  measure,
};

interface Outcome {
  readonly chunks: number;
  readonly ms: number;
  readonly cpuUs: number;
  readonly peakMiB: number;
}

async function measure(run: Run): Promise<readonly Line[]> {
  const documents = readCount(run, 'documents', run.isQuick ? 300 : 2_000);
  const text = await readMarkdown(documents * DOCUMENT_CHARACTERS);
  const own: Outcome[] = [];
  const peer: Outcome[] = [];
  const unchangedMs: number[] = [];
  for (let repeat = 0; repeat < run.repeats; repeat++) {
    const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-'));
    try {
      await writeDocuments(path.join(directory, 'docs'), text, repeat);
      await writeFile(path.join(directory, 'hector.yaml'), CONFIG);
      const command = [MAIN, 'ingest', '--config', path.join(directory, 'hector.yaml'), '--log-level', 'warn'];
      own.push(await runToEnd(command, directory, /(\d+) indexed \((\d+) chunks\)/, documents));
      unchangedMs.push((await runToEnd(command, directory, /(\d+) unchanged/, documents)).ms);
      const script = [SCRIPT, path.join(directory, 'docs')];
      peer.push(await runToEnd(script, directory, /"documents":(\d+),"chunks":(\d+)/, documents));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  return [
    toLine('hector', own, documents, PEER),
    toLine(PEER, peer, documents, undefined),
    { row: 'ingest-unchanged', target: 'hector', repeats: unchangedMs, also: { documents } },
  ];
}

function toLine(target: string, outcomes: readonly Outcome[], documents: number, comparedWith: string | undefined): Line {
  const [first] = outcomes as [Outcome, ...Outcome[]];
  return {
    ...{ row: 'ingest', target, comparedWith, repeats: outcomes.map(({ chunks, ms }) => (chunks / ms) * 1_000) },
    ...{ cpuUs: first.cpuUs / first.chunks, residentMiB: first.peakMiB, also: { documents, chunks: first.chunks } },
  };
}

/** @throws Error when it fails, or has not dealt with every document */
async function runToEnd(args: readonly string[], directory: string, result: RegExp, documents: number): Promise<Outcome> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  // What is gone can no longer be asked: the last look counts.
  let cpuMs = 0;
  let peakMiB = 0;
  const timer = setInterval(async () => {
    const pids = [...new Set([child.pid ?? 0, ...(await findPidsWith(directory))])];
    const [ms, residentMiB] = await Promise.all([cpuMsOf(pids), residentMiBOf(pids)]);
    if (ms >= cpuMs) cpuMs = ms;
    if (residentMiB >= peakMiB) peakMiB = residentMiB;
  }, SAMPLE_MS);
  const [code] = await once(child, 'close');
  const ms = performance.now() - startedMs;
  clearInterval(timer);
  const found = result.exec(output);
  if (code !== 0 || Number(found?.[1]) !== documents) throw new Error(`${args.join(' ')} ended with ${code}:\n${output.slice(-2_000)}`);
  return { chunks: Number(found?.[2] ?? 0), ms, cpuUs: cpuMs * 1_000, peakMiB };
}

async function writeDocuments(folder: string, text: string, repeat: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let at = 0, index = 0; at + DOCUMENT_CHARACTERS <= text.length; at += DOCUMENT_CHARACTERS, index++) {
    const body = `# Document ${index} of round ${repeat}\n\n${text.slice(at, at + DOCUMENT_CHARACTERS)}`;
    await writeFile(path.join(folder, `document-${index}.md`), body);
  }
}

const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../targets/split-and-embed.js', import.meta.url));
const CONFIG = `version: "2"
llms: { default: { provider: offline } }
agents: { assistant: { document_stores: [docs] } }
document_stores:
  docs:
    source: { type: directory, path: docs }
    chunking: { strategy: recursive, size: 1000, overlap: 100 }
    incremental_indexing: true
`;
