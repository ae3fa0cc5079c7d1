/** Sessions over the real server: REST, the command line, and an agent that recalls what was said in another session. */
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import type { JsonObject } from '../../src/base/json.js';
import { startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { ModelRequest } from '../../src/providers/llms/contract.js';
import type { Hector } from '../../src/runtime/hector.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { rpc, userMessage, type WireTask } from '../support/a2a-client.js';
import { runCommand } from '../support/cli-rig.js';
import { waitFor } from '../support/coordination-steps.js';
import { createScriptedModel } from '../support/scripted-llm.js';
import { startTestHector } from '../support/start-hector.js';

async function api(hector: Pick<Hector, 'url'>, method: string, path: string) {
  const response = await fetch(`${hector.url}${path}`, { method });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function say(hector: Pick<Hector, 'url'>, text: string, contextId: string, returnImmediately = false): Promise<WireTask> {
  const params = { message: userMessage(text, { contextId }), configuration: { returnImmediately } };
  const { body } = await rpc(`${hector.url}/agents/assistant`, 'SendMessage', params);
  if (body.result?.task === undefined) throw new Error(JSON.stringify(body));
  return body.result.task;
}

for (const backend of ['keyword', 'vector'])
  t.test(
    `an agent with search recalls what was said in another session of the same caller, by ${backend} (MEM-01, MEM-03, MEM-04, MEM-05, CLI-08)`,
    { timeout: 60_000 },
    (t) => recall(t, backend),
  );

/** As config/memory.yaml has it, but for the model. */
async function recall(t: Test, backend: string): Promise<void> {
  const model = createScriptedModel(t, [
    { say: ['Noted.'] },
    {
      expect: ({ tools = [] }) => t.ok(tools.some(({ name }) => name === 'search_memory')),
      say: [{ call: { name: 'search_memory', arguments: { query: 'name of the cat' } } }],
    },
    { say: ['Miró.'] },
  ]);
  const { source } = loadSettings({ file: 'config/memory.yaml', environment: {} });
  const example = JSON.parse(source) as JsonObject;
  const config = backend === 'vector' ? example : { ...example, storage: {} };
  const hector = await startTestHector(t, { config, extensions: { createLanguageModel: () => model } });
  const first = await say(hector, 'My cat is called Miró', 'one');
  const database = await openDatabase(hector.settings.databases[hector.settings.storage.database] as DatabaseSettings, {
    log: silentLogger,
    clock: systemClock,
  });
  t.teardown(() => database.close());
  const isIndexed = `SELECT 1 FROM recall_messages WHERE position = 1 AND vector IS ${backend === 'vector' ? 'NOT NULL' : 'NULL'}`;
  await waitFor(async () => (await database.read({ sql: isIndexed, parameters: [] })).length === 1);
  await say(hector, 'What is the name of my cat?', 'two');
  const [part] = model.requests[2]?.messages.at(-1)?.parts ?? [];
  const result = part?.type === 'tool_result' ? (JSON.parse(part.content) as JsonObject) : {};
  const [best] = (result['results'] ?? []) as readonly JsonObject[];
  t.match(best, { session_id: first.id, context_id: 'one', author: 'user', content: 'My cat is called Miró' });
  t.notMatch(JSON.stringify(result['results']), /What is the name/);

  const rows = () => database.read({ sql: INDEX, parameters: [] });
  await waitFor(async () => (await rows()).length >= 4);
  const grown = await rows();
  await database.read({ sql: 'DELETE FROM recall_messages WHERE position = 1 RETURNING position', parameters: [] });
  t.not((await rows()).length, grown.length, 'damaged');
  const { databases, storage } = hector.settings;
  const document = { ...config, databases: { [storage.database]: { driver: 'sqlite', database: fileOf(databases[storage.database]) } } };
  const rebuild = (yaml: JsonObject) =>
    runCommand(t, ['memory', 'rebuild', '--config', 'hector.yaml'], { files: { 'hector.yaml': JSON.stringify(yaml) }, start: startHector });
  const by = backend === 'vector' ? 'local' : 'their words';
  t.match(await rebuild(document), { code: 0, output: new RegExp(`^rebuilt: \\d+ messages were read, by ${by}\n$`) });
  t.same(await rows(), grown, 'the index built anew is the one that grew (MEM-03)');
  if (backend === 'vector') return;
  t.match(await rebuild({ ...document, agents: { assistant: {} } }), { code: 1, errors: /agents\.<name>\.search\.enabled/ });
  t.match(await runCommand(t, ['memory', 'rebuilt']), { code: 2, errors: /did you mean 'rebuild'/ });
}

const fileOf = (settings: DatabaseSettings | undefined) => settings?.database ?? '';
const INDEX = 'SELECT session_id, position, turn, task_id, words, vector FROM recall_messages ORDER BY session_id, position';

t.test('a run reads the newest messages of a long session, and none of the older ones is lost (W-93)', { timeout: 60_000 }, async (t) => {
  const turns = 54;
  const read: number[] = [];
  const model = createScriptedModel(
    t,
    Array.from({ length: turns }, () => ({ expect: ({ messages }: ModelRequest) => void read.push(messages.length), say: ['Yes.'] })),
  );
  const config = { server: { limits: { max_history_messages: 100 } } };
  const hector = await startTestHector(t, { config, extensions: { createLanguageModel: () => model } });
  const first = await say(hector, 'Turn 1', 'long');
  for (let turn = 2; turn <= turns; turn++) await say(hector, `Turn ${turn}`, 'long');
  t.same(read.slice(-5), [99, 100, 100, 100, 100]);
  t.match(model.requests.at(-1)?.messages.at(-1), { parts: [{ text: `Turn ${turns}` }] });
  const { body } = await api(hector, 'GET', `/api/sessions/${first.id}?last=1000`);
  t.equal((body['messages'] as unknown as readonly unknown[]).length, 2 * turns);
});

t.test('an instruction reads what an earlier run of its session put out (SES-07, AGT-65)', { timeout: 60_000 }, async (t) => {
  const model = createScriptedModel(t, [
    { expect: ({ system }) => t.match(system, /Last time: ''/), say: ['The plan is tea.'] },
    { expect: ({ system }) => t.match(system, /Last time: 'The plan is tea.'/), say: ['Yes.'] },
  ]);
  const config = { agents: { assistant: { instruction: "Last time: '{artifact.response?}'" } } };
  const hector = await startTestHector(t, { config, extensions: { createLanguageModel: () => model } });
  await say(hector, 'Make a plan', 'one');
  await say(hector, 'Is it good?', 'one');
});

t.test('sessions are listed, read and deleted over HTTP (SES-04, SES-05, SES-07)', { timeout: 60_000 }, async (t) => {
  const config = { llms: { main: { provider: 'offline' } } };
  const hector = await startTestHector(t, { config });
  for (const contextId of ['a', 'b', 'a']) await say(hector, `Hello from ${contextId}`, contextId);
  const { body } = await api(hector, 'GET', '/api/sessions?limit=1');
  t.match(body, { sessions: [{ context_id: 'b', agent: 'assistant', messages_total: 2, runs: 1 }], next_cursor: /./ });
  const second = await api(hector, 'GET', `/api/sessions?limit=1&cursor=${body['next_cursor']}`);
  const [session] = second.body['sessions'] as unknown as readonly JsonObject[];
  t.match(session, { context_id: 'a', messages_total: 4 });
  t.equal(second.body['next_cursor'], undefined);
  const path = `/api/sessions/${session?.['id']}`;
  const page = await api(hector, 'GET', `${path}?last=2`);
  t.match(page.body, { state: {}, messages: [{ role: 'user' }, { role: 'agent', author: 'assistant' }], next_cursor: /^\d+\.\d+$/ });
  t.match((await api(hector, 'GET', `${path}?last=2&cursor=${page.body['next_cursor']}`)).body, {
    messages: [{ role: 'user' }, { role: 'agent' }],
  });
  const [, newer] = page.body['messages'] as unknown as readonly JsonObject[];
  t.match((await api(hector, 'GET', `${path}?after=${newer?.['created_at']}`)).body, { messages: [] });
  t.match((await api(hector, 'GET', `${path}/artifacts`)).body, { artifacts: [{ name: 'response', version: 2, complete: true }] });
  t.match(await api(hector, 'GET', `${path}/artifacts/response?version=1`), { status: 200, body: { version: 1, parts: [{ text: /./ }] } });
  t.match(await api(hector, 'GET', `${path}/artifacts/response?version=3`), {
    status: 404,
    body: { error: { code: 'ARTIFACT_NOT_FOUND', message: /its newest version is 2/ } },
  });
  t.match(await api(hector, 'GET', '/api/sessions?size=1&limit=0'), {
    status: 400,
    body: { error: { problems: [{ field: 'size' }, { field: 'limit' }] } },
  });
  t.match(await api(hector, 'DELETE', path), { status: 200, body: { deleted: true, canceled_runs: 0 } });
  t.match(await api(hector, 'GET', path), { status: 404, body: { error: { code: 'SESSION_NOT_FOUND' } } });
});

t.test('a session with a run that has not ended is deleted only by force, which cancels it (SES-05)', { timeout: 60_000 }, async (t) => {
  const config = { llms: { main: { provider: 'offline', first_token_ms: 600_000 } } };
  const hector = await startTestHector(t, { config });
  const task = await say(hector, 'Think long', 'a', true);
  const path = `/api/sessions/${task.id}`;
  t.match(await api(hector, 'DELETE', path), { status: 409, body: { error: { code: 'SESSION_ACTIVE', message: new RegExp(task.id) } } });
  t.match(await api(hector, 'DELETE', `${path}?force=true`), { status: 200, body: { deleted: true, canceled_runs: 1 } });
  const gone = await rpc(`${hector.url}/agents/assistant`, 'GetTask', { id: task.id });
  t.ok(gone.body.error !== undefined, 'the run is gone with it');
  await waitFor(async () => ((await api(hector, 'GET', '/api/checkpoints')).body['checkpoints'] as unknown as unknown[]).length === 0);
});

t.test('hector sessions lists, shows and deletes (SES-05)', { timeout: 60_000 }, async (t) => {
  const hector = await startTestHector(t, { config: { llms: { main: { provider: 'offline' } } } });
  const run = (...argv: readonly string[]) => runCommand(t, ['sessions', ...argv, '--url', hector.url]);
  t.match(await run('list'), { code: 0, output: '', errors: 'There is no session.\n' });
  const { id } = await say(hector, 'Hello there', 'ctx');
  const { output } = await run('list', '--agent', 'assistant');
  t.match(output, new RegExp(`^SESSION +MESSAGES +LAST USE +AGENT +CONTEXT\n${id} +2 +.*assistant +ctx\n$`));
  t.match(await run('list', '--context', 'other'), { code: 0, output: '' });
  t.match((await run('list', '--json')).output, new RegExp(`^{"id":"${id}"`));
  t.match((await run('show', id, '--last', '1')).output, /^Messages: 2 in 1 runs, the last 1 below\n\n.*assistant\n {2}\S/m);
  t.match(await run('delete', id), { code: 0, output: 'deleted: the session is gone with its runs\n' });
  t.match(await run('show', id), { code: 1, errors: /not found; GET \/api\/sessions lists yours/ });
  for (const [argv, words] of [
    [[], /sessions wants one of list, show, delete/],
    [['shw'], /did you mean 'show'/],
    [['delete'], /sessions delete wants the id/],
    [['list', 'x'], /sessions list takes none/],
    [['show', 'x', '--force'], /--force does not go with sessions show/],
  ] as const)
    t.match(await run(...argv), { code: 2, errors: words });
});
