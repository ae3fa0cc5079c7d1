/** Document stores over the real server: REST, and `hector documents` and `hector ingest` beside it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { runCommand } from '../support/cli-rig.js';
import { waitFor } from '../support/coordination-steps.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

t.test(
  'stores, documents and runs over the API and the command line, while a process with the role ingest does the work (RAG-38)',
  { timeout: 120_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    const docs = path.join(directory, 'docs');
    mkdirSync(path.join(docs, 'guide'), { recursive: true });
    writeFileSync(path.join(docs, 'guide/refunds.md'), '# Refunds\n\nA cancelled sailing is refunded in full.\n');
    writeFileSync(path.join(docs, 'bell.md'), '# Bell\n\nThe bell weighs three hundred kilograms.\n');
    writeFileSync(path.join(docs, 'broken.md'), Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919) % 256)));
    const config = { document_stores: { handbook: { source: { type: 'directory', path: docs }, incremental_indexing: true } } };
    const hector = await startTestHector(t, { config, directory, roles: ['front', 'agent', 'ingest'] });
    const api = async (method: string, target: string, body?: JsonObject) => {
      const response = await fetch(`${hector.url}${target}`, {
        method,
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as JsonObject };
    };
    const store = async () => (await api('GET', '/api/document_stores/handbook')).body;
    const untilEnded = (id: unknown) =>
      waitFor(async () => (await api('GET', `/api/ingest_runs/${String(id)}`)).body['finished_at'] !== undefined, 30_000);

    // RAG-30: begun at the start, with nobody asking.
    await waitFor(async () => (await store())['last_run'] !== undefined, 30_000);
    t.match(await api('GET', '/api/document_stores'), {
      status: 200,
      body: {
        document_stores: [
          {
            name: 'handbook',
            health: 'degraded',
            reason: '1 document has failed',
            documents: { indexed: 2, failed: 1, pending: 0, deleted: 0 },
            last_run: { state: 'finished', by: 'start', mode: 'changes', total: 3, worked: 3, indexed: 2, failed: 1 },
          },
        ],
      },
    });
    const first = await api('GET', '/api/document_stores/handbook/documents?limit=2');
    const rest = await api('GET', `/api/document_stores/handbook/documents?limit=2&cursor=${String(first.body['next_cursor'])}`);
    const listed = [first, rest].flatMap(({ body }) => body['documents'] as JsonObject[]).map(({ id }) => id);
    t.same(listed.sort(), ['bell.md', 'broken.md', 'guide/refunds.md']);
    t.match(await api('GET', '/api/document_stores/handbook/documents?status=failed&error=text'), {
      body: { documents: [{ id: 'broken.md', failure: { stage: 'prepare', attempts: 1, final: true } }] },
    });
    t.match(await api('GET', '/api/document_stores/handbook/documents/guide%2Frefunds.md'), {
      status: 200,
      body: { title: 'Refunds', chunk_texts: [{ index: 0, text: /refunded in full/ }] },
    });

    const cli = (...argv: string[]) => runCommand(t, [...argv, '--url', hector.url]);
    t.match(await cli('documents', 'stores'), { code: 0, output: /handbook +degraded +2 +1 .*1 document has failed/ });
    t.match(await cli('documents', 'list', 'handbook', '--status', 'failed'), { code: 0, output: /broken\.md {2}\(prepare, 1 tries: / });
    t.match(await cli('documents', 'show', 'handbook', 'guide/refunds.md'), { code: 0, output: /Title: +Refunds[\s\S]*refunded in full/ });
    t.match(await cli('documents', 'search', 'handbook', 'refund of a cancelled sailing', '--limit', '1'), {
      code: 0,
      output: /guide\/refunds\.md, lines 1-3\n {2}# Refunds/,
    });
    t.match(await cli('documents', 'runs'), { code: 0, output: /handbook +finished +.*3\/3: 2 indexed/ });
    t.match(await cli('documents', 'show', 'handbook', 'nothing'), { code: 1, errors: /has no document 'nothing'/ });

    t.match(await cli('documents', 'delete', 'handbook', 'bell.md'), { code: 0, output: /^deleted/ });
    t.match((await store())['documents'], { indexed: 1, deleted: 1 });
    const again = await api('POST', '/api/document_stores/handbook/documents/bell.md/reingest');
    t.match(again, { status: 202, body: { store: 'handbook', mode: 'changes', by: /^api / } });
    await untilEnded(again.body['id']);
    t.match((await store())['documents'], { indexed: 2, deleted: 0 });

    writeFileSync(path.join(docs, 'broken.md'), 'Mended: the anchor weighs a ton.');
    const retried = await api('POST', '/api/document_stores/handbook/retry');
    t.match(retried, { status: 202, body: { mode: 'retry' } });
    await untilEnded(retried.body['id']);
    t.match(await store(), { health: 'healthy', documents: { indexed: 3, failed: 0 } });
    t.match(await api('POST', `/api/ingest_runs/${String(retried.body['id'])}/cancel`), {
      status: 409,
      body: { error: { code: 'INGEST_RUN_ENDED' } },
    });

    // A command beside it follows what the process with the role does.
    rmSync(path.join(docs, 'bell.md'));
    const beside = await startHector(loadSettings({ overrides: config, workingDirectory: directory, environment: {} }), {
      roles: new Set(),
      log: silentLogger,
    });
    t.teardown(() => beside.close());
    t.match(await beside.ingest(['handbook'], () => undefined, AbortSignal.timeout(30_000)), { total: 2, removed: 1, failed: 0 });
  },
);

t.test(
  'hector ingest says what it would do, does it, does it again where it must (RAG-37), and names what the command line wants',
  { timeout: 60_000 },
  async (t) => {
    const files = {
      'hector.yaml': '{document_stores: {docs: {source: {type: directory, path: docs}, incremental_indexing: true}}}',
      docs: { 'a.md': 'The harbour master is called Ingrid.', 'b.md': 'The baker is called Tom.' },
    };
    const planned = await runCommand(t, ['ingest', '--dry-run', '-c', 'hector.yaml'], { files, start: startHector });
    t.match(planned, {
      code: 0,
      output: /^add +docs +a\.md\nadd +docs +b\.md\ndocs: 2 to add, 0 to update, 0 to remove, 0 failed, 0 unchanged\n$/,
    });
    const done = await runCommand(t, ['ingest', '--store', 'docs', '-c', 'hector.yaml'], { files, start: startHector });
    t.match(done, { code: 0, output: /^2 documents: 2 indexed \(2 chunks\), 0 unchanged, 0 failed/ });
    // RAG-37
    const forced = await runCommand(t, ['ingest', '--force', '-c', 'hector.yaml'], { files, start: startHector });
    t.match(forced, { code: 0, output: /^2 documents: 2 indexed \(2 chunks\), 0 unchanged, 0 failed/ });
    for (const argv of [
      ['--force', '--retry-failed'],
      ['--dry-run', '--watch'],
      ['--store', 'dogs'],
    ])
      t.match(await runCommand(t, ['ingest', ...argv, '-c', 'hector.yaml'], { files }), {
        code: argv.length > 1 && argv[0] === '--store' ? 1 : 2,
      });
    for (const argv of [['list'], ['stores', 'docs'], ['show', 'docs'], ['vanish'], ['list', 'docs', '--mode', 'all']])
      t.match(await runCommand(t, ['documents', ...argv], { files }), { code: 2 });
  },
);

t.test(
  'a store that the configuration names no more is told of, and dropped with all it has left when somebody says so',
  { timeout: 60_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    mkdirSync(path.join(directory, 'docs'));
    writeFileSync(path.join(directory, 'docs/bell.md'), 'The bell weighs three hundred kilograms.');
    writeFileSync(path.join(directory, 'docs/anchor.md'), 'The anchor weighs a ton.');
    const source = { type: 'directory', path: path.join(directory, 'docs') };
    const both = { document_stores: { old: { source }, kept: { source } } };
    const roles = ['front', 'agent', 'ingest'] as const;
    const before = await startTestHector(t, { config: both, directory, roles: [...roles] });
    await before.ingest(undefined, () => undefined, AbortSignal.timeout(30_000));
    const searched = await runCommand(t, ['documents', 'search', 'old', 'How heavy is the bell?', '--url', before.url]);
    t.match(searched, { code: 0, output: /three hundred/ });
    t.match(await runCommand(t, ['documents', 'drop', 'old', '--yes', '--url', before.url]), { code: 1, errors: /document_stores/ });
    await before.close();

    const after = await startTestHector(t, { config: { document_stores: { kept: { source } } }, directory, roles: [...roles] });
    const cli = (...argv: string[]) => runCommand(t, ['documents', ...argv, '--url', after.url]);
    t.match(await cli('stores'), {
      code: 0,
      output: /kept/,
      errors: /'old' no more: 2 documents and 2 chunks are left; hector documents drop old/,
    });
    t.match(await cli('drop', 'old'), {
      code: 2,
      errors: /deletes all of the document store 'old' for good: 2 documents, 2 chunks; add --yes/,
    });
    t.match(await fetch(`${after.url}/api/document_stores/old`, { method: 'DELETE' }), { status: 400 });
    t.match(await cli('drop', 'old', '--yes'), { code: 0, output: 'dropped: 2 documents, 2 chunks\n', errors: '' });
    t.match(await cli('drop', 'old', '--yes'), { code: 1, errors: /nothing of a document store 'old'/ });
    for (const sure of [[], ['--yes']]) {
      const refused = await cli('drop', 'kept', ...sure);
      t.match(refused, { code: 1, errors: /take it out of the configuration first/ });
      t.notMatch(refused.errors, /add --yes/);
    }
    t.match(await cli('stores'), { code: 0, output: /kept +healthy +2 /, errors: '' });
    await after.close();

    // Named again, it begins anew: nothing is found before it is ingested, and everything after.
    const again = await startTestHector(t, { config: both, directory, roles: ['front', 'agent'] });
    t.match(await runCommand(t, ['documents', 'search', 'old', 'How heavy is the bell?', '--url', again.url]), {
      code: 0,
      output: /^(?!.*three hundred)/s,
    });
    t.match(await again.ingest(['old'], () => undefined, AbortSignal.timeout(30_000)), { done: 2 });
    t.match(await runCommand(t, ['documents', 'search', 'old', 'How heavy is the bell?', '--url', again.url]), {
      code: 0,
      output: /three hundred/,
    });
  },
);
