/** Documents of every format, and parsers of MCP servers, from the files to an agent's answer (RAG-10…15, CFG-70). */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { sendText, textOfParts } from '../support/a2a-client.js';
import { defaultStore, openKnowledge } from '../support/knowledge-rig.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

const program = fileURLToPath(new URL('../support/parser-server.js', import.meta.url));
const documents = path.resolve('test/fixtures/documents');

async function ask(url: string, agent: string, question: string): Promise<string> {
  const task = await sendText(`${url}/agents/${agent}`, question);
  return (task.artifacts ?? []).map(({ parts }) => textOfParts(parts)).join('\n');
}

t.test(
  'MCP parsers are tried in order, before or behind our own, and only for what has changed (RAG-10, RAG-12, RAG-13)',
  { timeout: 120_000 },
  async (t) => {
    const folder = await temporaryDirectory(t);
    const log = path.join(folder, 'calls.log');
    await writeFile(log, '');
    const store = (name: string, parsers: JsonObject): JsonObject => ({
      source: { type: 'directory', path: `docs/${name}`, include: ['*'] },
      mcp_parsers: { path_prefix: `/container/${name}`, ...parsers },
    });
    await copyTo(folder, 'first', ['storks.pdf', 'scanned.pdf']);
    await copyTo(folder, 'native', ['storks.pdf', 'scanned.pdf']);
    await copyTo(folder, 'docling', ['report.docx']);
    await copyTo(folder, 'missing', ['report.docx']);
    await writeFile(path.join(folder, 'docs/first/notes.txt'), 'Plain notes about herons.');
    const hector = await startTestHector(t, {
      directory: folder,
      roles: ['front', 'agent', 'keeper'],
      config: {
        tools: {
          reader: {
            type: 'mcp',
            internal: true,
            command: process.execPath,
            args: [program, log, path.join(folder, 'docs'), '/container'],
          },
        },
        document_stores: {
          first: store('first', { tool_names: ['always_fails', 'reader_read_document'] }),
          native: store('native', { tool_names: ['read_document'], prefer_native: true }),
          docling: store('docling', { tool_names: ['convert_document_into_docling_document'] }),
          missing: store('missing', { tool_names: ['no_such_tool'] }),
        },
        agents: Object.fromEntries(
          ['first', 'native', 'docling', 'missing'].map((name) => [name, { document_stores: [name], include_context: true }]),
        ),
      },
    });
    const ingest = () => hector.ingest(undefined, () => undefined, AbortSignal.timeout(60_000));
    t.match(await ingest(), { done: 7, failed: 0 });
    const calls = (await readFile(log, 'utf8')).trim().split('\n').sort();
    t.same(calls, [
      'always_fails /container/first/scanned.pdf',
      'always_fails /container/first/storks.pdf',
      'convert_document_into_docling_document /container/docling/report.docx',
      'read_document /container/first/scanned.pdf',
      'read_document /container/first/storks.pdf',
      'read_document /container/native/scanned.pdf',
    ]);
    t.match(await ask(hector.url, 'first', 'how many bytes by read_document?'), /bytes by read_document/);
    t.match(await ask(hector.url, 'native', 'what do storks eat?'), /frogs/, 'our own reader went first');
    t.match(await ask(hector.url, 'docling', 'how many bytes by docling?'), /\d+ bytes by docling/);
    t.match(await ask(hector.url, 'missing', 'by how much rose revenue?'), /12 %/, 'nobody offers the tool, so our own reader did it');

    t.match(await ingest(), { done: 0, skipped: 7, failed: 0 });
    await writeFile(path.join(folder, 'docs/docling/report.docx'), await readFile(path.join(documents, 'report.docx')));
    t.match(await ingest(), { done: 0, skipped: 7, failed: 0 });
    t.equal((await readFile(log, 'utf8')).trim().split('\n').length, calls.length, 'unchanged content is not parsed again');
  },
);

t.test(
  'config/documents.yaml answers from PDF, Word, Excel and PowerPoint; what cannot be read fails alone (RAG-15)',
  { timeout: 120_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    const { source } = loadSettings({ file: 'config/documents.yaml', environment: { DOCUMENTS_PATH: documents } });
    const config = JSON.parse(source) as JsonObject;
    const stores = config['document_stores'] as { readonly library: { readonly source: JsonObject } };
    const library = { ...stores.library, source: { ...stores.library.source, path: documents } };
    const { server: _, state_directory: __, ...rest } = config;
    const hector = await startTestHector(t, {
      directory,
      roles: ['front', 'agent', 'keeper'],
      config: { ...rest, document_stores: { library } },
    });
    t.match(await hector.ingest(undefined, () => undefined, AbortSignal.timeout(60_000)), { done: 4, failed: 2 });
    for (const [question, wanted] of [
      ['Why do storks avoid the Mediterranean Sea in migration?', /thermals/],
      ['Revenue of the region South?', /2\.7 million/],
      ['Hex nuts Count and Price?', /B3: 800/],
      ['What does advertising cost in the budget?', /20,000/],
    ] as const)
      t.match(await ask(hector.url, 'librarian', question), wanted);
  },
);

t.test('a document that takes longer than indexing.document_timeout fails alone, as the thread that reads it ends', async (t) => {
  const rig = await openKnowledge(t, { settings: { indexing: { ...defaultStore('').indexing, documentTimeoutMs: 1 } } });
  rig.write('a.txt', 'words');
  t.match(await rig.ingest(), { done: 0, failed: 1, finished: true });
  t.match((await rig.chunkStore.findDocuments('docs', ['a.txt'])).get('a.txt'), { status: 'failed', stage: 'prepare' });
  const again = await rig.restart({ indexing: defaultStore('').indexing });
  t.match(await again.ingest('retry'), { done: 1, failed: 0 });
});

t.test('a document with more chunks than indexing.max_chunks fails alone, and says what to change', async (t) => {
  const rig = await openKnowledge(t, { settings: { indexing: { ...defaultStore('').indexing, maxChunks: 3 } } });
  rig.write('long.txt', 'Many words about nothing at all. '.repeat(300));
  rig.write('short.txt', 'A few words about lighthouses.');
  t.match(await rig.ingest(), { done: 1, failed: 1, finished: true });
  const found = (await rig.chunkStore.findDocuments('docs', ['long.txt'])).get('long.txt');
  t.equal(found?.status, 'failed');
  t.match(found?.lastError, /'long\.txt' has \d+ chunks; indexing\.max_chunks allows 3\. Raise it/);
  const again = await rig.restart({ indexing: defaultStore('').indexing });
  t.match(await again.ingest('retry'), { done: 1, failed: 0 });
});

async function copyTo(folder: string, name: string, files: readonly string[]): Promise<void> {
  const target = path.join(folder, 'docs', name);
  await mkdir(target, { recursive: true });
  for (const file of files) await copyFile(path.join(documents, file), path.join(target, file));
}
