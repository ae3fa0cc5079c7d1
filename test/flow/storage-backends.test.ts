/** Where tasks and sessions are kept (CFG-75, SES-10), through the front door. */
import path from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { Role } from '../../src/runtime/hector.js';
import { rpc, sendText, textOfParts } from '../support/a2a-client.js';
import { recordLog } from '../support/record-log.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

const IN_MEMORY = { agents: { assistant: {} }, storage: { tasks: { backend: 'inmemory' } } };
const SEPARATE = {
  agents: { assistant: {} },
  databases: { main: { driver: 'sqlite', database: 'main.db' }, chats: { driver: 'sqlite', database: 'chats.db' } },
  storage: { database: 'main', sessions: { database: 'chats' } },
};

t.test(
  'inmemory: runs and conversations work as ever, are lost with the process, and nothing of them is on the disk (CFG-75, SES-02)',
  async (t) => {
    const directory = await temporaryDirectory(t);
    const hector = await startTestHector(t, { config: IN_MEMORY, directory });
    const url = `${hector.url}/agents/assistant`;
    const first = await sendText(url, 'The ship is called Beagle.');
    const second = await sendText(url, 'What did I ask before?', { contextId: first.contextId });
    t.match(textOfParts(second.artifacts?.[0]?.parts ?? []), /Beagle/);
    const beside = await startTestHector(t, { config: IN_MEMORY, directory });
    t.equal((await sendText(`${beside.url}/agents/assistant`, 'Hello')).status.state, 'TASK_STATE_COMPLETED', 'two of them do not mix');
    await hector.close();
    t.equal(countMessages(path.join(directory, '.hector', 'hector.db')), 0);
    const again = await startTestHector(t, { config: IN_MEMORY, directory });
    t.equal((await rpc(`${again.url}/agents/assistant`, 'GetTask', { id: first.id })).body.error?.code, -32001);
  },
);

t.test(
  'inmemory: a process without all roles of a run does not start, one that only ingests does, and the log warns (CFG-75)',
  async (t) => {
    await t.rejects(start(t, ['front']), { code: 'CONFIG_INVALID', message: /storage\.tasks\.backend is inmemory.*lacks agent, keeper/ });
    await t.rejects(start(t, ['agent', 'keeper', 'ingest']), { code: 'CONFIG_INVALID', message: /lacks front/ });
    await start(t, ['ingest']);
    const lines = await start(t, ['front', 'agent', 'keeper']);
    t.equal(lines().filter((line) => /lost when this process ends/.test(line)).length, 1);
  },
);

t.test('sessions cannot be kept otherwise than tasks, and follow them when nothing is said (CFG-75)', async (t) => {
  const settingsOf = (storage: object) =>
    loadSettings({ overrides: { agents: { assistant: {} }, storage } as never, workingDirectory: t.testdirName, environment: {} });
  t.equal(settingsOf({ tasks: { backend: 'inmemory' } }).storage.sessions.backend, 'inmemory');
  t.equal(settingsOf({}).storage.sessions.backend, 'sql');
  for (const storage of [{ sessions: { backend: 'inmemory' } }, { tasks: { backend: 'inmemory' }, sessions: { backend: 'sql' } }]) {
    t.throws(() => settingsOf(storage), { code: 'CONFIG_INVALID', problems: [{ field: 'storage.sessions.backend' }] });
  }
});

t.test('sessions in a database of their own: they are there, and remembered after a restart (SES-02, SES-10, TSK-01)', async (t) => {
  const directory = await temporaryDirectory(t);
  const before = await startTestHector(t, { config: SEPARATE, directory });
  const first = await sendText(`${before.url}/agents/assistant`, 'The ship is called Beagle.');
  while (countMessages(path.join(directory, 'chats.db')) < 2) await sendText(`${before.url}/agents/assistant`, 'Hello');
  await before.close();
  const after = await startTestHector(t, { config: SEPARATE, directory });
  const second = await sendText(`${after.url}/agents/assistant`, 'What did I ask before?', { contextId: first.contextId });
  t.match(textOfParts(second.artifacts?.[0]?.parts ?? []), /Beagle/);
});

t.test('two names of one database are one: nothing is moved onto itself (SES-10)', async (t) => {
  const directory = await temporaryDirectory(t);
  const config = { ...SEPARATE, databases: { ...SEPARATE.databases, chats: { driver: 'sqlite', database: './main.db' } } };
  const hector = await startTestHector(t, { config, directory });
  const first = await sendText(`${hector.url}/agents/assistant`, 'The ship is called Beagle.');
  for (let time = 0; time < 3; time++) await sendText(`${hector.url}/agents/assistant`, 'Hello');
  const second = await sendText(`${hector.url}/agents/assistant`, 'What did I ask before?', { contextId: first.contextId });
  t.match(textOfParts(second.artifacts?.[0]?.parts ?? []), /Beagle/);
});

async function start(t: Test, roles: readonly Role[]): Promise<() => readonly string[]> {
  const overrides = { ...IN_MEMORY, server: { host: '127.0.0.1', port: 0, drain_delay_ms: 0 } };
  const settings = loadSettings({ overrides, workingDirectory: await temporaryDirectory(t), environment: {} });
  const { log, lines } = recordLog();
  const hector = await startHector(settings, { roles: new Set(roles), log });
  t.teardown(() => hector.close());
  return () => lines.map((line) => JSON.stringify(line));
}

function countMessages(file: string): number {
  const database = new Database(file, { readonly: true, timeout: 5_000 });
  try {
    return (database.prepare('select count(*) as n from session_messages').get() as { n: number }).n;
  } finally {
    database.close();
  }
}
