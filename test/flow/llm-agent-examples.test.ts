/** The examples of one agent and its model, as a person runs them. */
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Extensions } from '../../src/runtime/extensions.js';
import type { Role } from '../../src/runtime/hector.js';
import { sendText } from '../support/a2a-client.js';
import { createScriptedModel } from '../support/scripted-llm.js';
import { temporaryDirectory } from '../support/start-hector.js';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

async function start(t: Test, example: string, { environment = {}, ...extensions }: Extensions & { environment?: Record<string, string> }) {
  const settings = loadSettings({
    file: `config/${example}.yaml`,
    workingDirectory: REPOSITORY,
    environment: { STATE: await temporaryDirectory(t), PORT: '0', ...environment },
    overrides: { server: { host: '127.0.0.1', drain_delay_ms: 0 } },
  });
  const hector = await startHector(settings, { roles: new Set<Role>(['front', 'agent', 'keeper']), log: silentLogger, extensions });
  t.teardown(() => hector.close());
  if (Object.keys(settings.documentStores).length > 0) await hector.ingest(undefined, () => {}, new AbortController().signal);
  return (agent: string, text: string, more?: Parameters<typeof sendText>[2]) => sendText(`${hector.url}/agents/${agent}`, text, more);
}

t.test(
  'long-conversation.yaml: goes on behind a summary, offline, and tells what each run has cost (AGT-53)',
  { timeout: 60_000 },
  async (t) => {
    const ask = await start(t, 'long-conversation', { environment: { BUDGET: '600' } });
    let contextId: string | undefined;
    for (let turn = 0; turn < 14; turn++) {
      const task = await ask('assistant', `How often are the batteries inspected? (${turn})`, contextId === undefined ? {} : { contextId });
      t.equal(task.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(task.status));
      contextId = task.contextId;
    }
  },
);

t.test('structured-output.yaml: the answer is JSON with the defaults of its schema (AGT-60)', async (t) => {
  const model = createScriptedModel(t, [{ say: ['{"topic": "delay", "summary": "Ten minutes late."}'] }]);
  const ask = await start(t, 'structured-output', {
    environment: { OPENAI_API_KEY: 'none' },
    createLanguageModel: () => model,
  });
  const task = await ask('triage', 'The ferry left late.');
  t.match(task.artifacts, [
    {
      artifactId: 'response',
      parts: [{ data: { topic: 'delay', urgent: false, summary: 'Ten minutes late.' }, mediaType: 'application/json' }],
    },
  ]);
});
