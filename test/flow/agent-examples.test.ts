/** The examples of agents that work together, as a person runs them: offline, without a key (AGT-20…33). */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Role } from '../../src/runtime/hector.js';
import { sendText } from '../support/a2a-client.js';
import { textsOf } from '../support/agents-rig.js';
import { temporaryDirectory } from '../support/start-hector.js';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

async function start(t: Test, example: string) {
  const settings = loadSettings({
    file: `config/${example}.yaml`,
    workingDirectory: REPOSITORY,
    environment: { STATE: await temporaryDirectory(t), PORT: '0' },
    overrides: { server: { host: '127.0.0.1', drain_delay_ms: 0 } },
  });
  const hector = await startHector(settings, { roles: new Set<Role>(['front', 'agent', 'keeper']), log: silentLogger });
  t.teardown(() => hector.close());
  if (Object.keys(settings.documentStores).length > 0) await hector.ingest(undefined, () => {}, new AbortController().signal);
  return (agent: string, text: string, more?: Parameters<typeof sendText>[2]) => sendText(`${hector.url}/agents/${agent}`, text, more);
}

const QUESTION = 'How often are the batteries inspected?';

t.test('sequential.yaml: found, then checked', async (t) => {
  const task = await (await start(t, 'sequential'))('answer', QUESTION);
  t.equal(task.status.state, 'TASK_STATE_COMPLETED');
  t.match(textsOf(task), [
    ['answer.finder/response', /battery-maintenance\.md/],
    ['answer.checker/response', /./],
  ]);
});

t.test('parallel.yaml: both experts in one answer', async (t) => {
  const task = await (await start(t, 'parallel'))('team', 'What happens to my ticket when a sailing is cancelled?');
  t.equal(task.status.state, 'TASK_STATE_COMPLETED');
  t.match(textsOf(task).at(-1), ['response', /^\[rules\]\n[^]*\[travel\]\n/]);
});

t.test('loop.yaml: twice, or until somebody escalates', async (t) => {
  const send = await start(t, 'loop');
  const twice = await send('refine', QUESTION);
  t.same(
    textsOf(twice).map(([id]) => id),
    ['refine.writer/response', 'refine.critic/response', 'refine.writer#2/response', 'refine.critic#2/response'],
  );
  const once = await send('refine', 'call escalate {"reason": "nothing to improve"}');
  t.equal(once.status.state, 'TASK_STATE_COMPLETED');
  t.same(
    once.artifacts?.map(({ artifactId }) => artifactId),
    ['refine.writer/response'],
  );
});

t.test('runner.yaml: approved, then searched', async (t) => {
  const send = await start(t, 'runner');
  const asked = await send('lookup', 'battery inspection');
  t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
  const done = await send('lookup', 'approve', { taskId: asked.id });
  t.equal(done.status.state, 'TASK_STATE_COMPLETED');
  t.match(textsOf(done).at(-1), ['response', /battery-maintenance\.md/]);
});

t.test('transfer.yaml: handed over, and the next question goes there', async (t) => {
  const send = await start(t, 'transfer');
  const first = await send('desk', 'call transfer_to_refunds {"request": "How much is refunded when a sailing is cancelled?"}');
  t.match(textsOf(first).at(-1), ['desk.refunds/response', /refunds\.md/]);
  const second = await send('desk', QUESTION, { contextId: first.contextId });
  t.match(textsOf(second), [['desk.refunds/response', /battery-maintenance\.md/]]);
});

t.test('agent-tools.yaml: asked, told on the way, and answered; the press waits for approval', async (t) => {
  const send = await start(t, 'agent-tools');
  const task = await send('editor', `call handbook ${JSON.stringify({ request: QUESTION })}`);
  t.equal(task.status.state, 'TASK_STATE_COMPLETED');
  const texts = new Map(textsOf(task));
  t.match(texts.get('editor.handbook/response'), /battery-maintenance\.md/);
  t.match(texts.get('response'), /^handbook returned: /);
  const asked = await send('editor', 'call press {"request": "hello"}');
  t.match(asked.status, { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: /^Ask the press office: hello\?/ }] } });
  const done = await send('editor', 'approve', { taskId: asked.id });
  t.equal(done.status.state, 'TASK_STATE_COMPLETED');
});
