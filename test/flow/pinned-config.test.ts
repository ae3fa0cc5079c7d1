/** A run finishes on the configuration it started with, whatever the worker that finishes it was started with (R12). */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t, { type Test } from 'tap';
import { startHector } from '../../src/compose.js';
import { LiveConfig } from '../../src/config/live-config.js';
import { createFileSource } from '../../src/config/sources/file-source.js';
import { silentLogger } from '../../src/observe/log.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import { rpc, sendText, userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

t.test('a run begun under one configuration is finished under it by a worker that has another (R12)', { timeout: 60_000 }, async (t) => {
  const directory = await temporaryDirectory(t);
  const model = createRecordingModel();

  const before = await start(t, directory, 'Answer like a pirate.', model);
  const url = `${before.url}/agents/assistant`;
  const { body } = await rpc(url, 'SendMessage', { message: userMessage('Hello'), configuration: { returnImmediately: true } });
  const id = body.result?.task?.id;
  await waitFor(() => model.systems.length === 1);
  await before.close();

  model.open();
  const after = await start(t, directory, 'Answer like a judge.', model);
  t.not(after.settings.version, before.settings.version);
  const newUrl = `${after.url}/agents/assistant`;
  const stateOf = async () => (await rpc(newUrl, 'GetTask', { id })).body.result?.status?.state;
  await waitFor(async () => (await stateOf()) === 'TASK_STATE_COMPLETED', 20_000);
  await sendText(newUrl, 'And now?', { contextId: body.result?.task?.contextId });
  t.same(model.systems, ['Answer like a pirate.', 'Answer like a pirate.', 'Answer like a judge.']);
});

t.test(
  'a run under way keeps its configuration when another one becomes current, and the next run has that (R12, CFG-97)',
  { timeout: 60_000 },
  async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'hector.yaml');
    const write = (instruction: string) =>
      writeFile(file, `agents: {assistant: {instruction: ${instruction}}}\nserver: {host: 127.0.0.1, port: 0, drain_delay_ms: 0}`);
    await write('Pirate.');
    const config = new LiveConfig({ source: createFileSource(file), environment: {}, workingDirectory: directory });
    const model = createRecordingModel();
    const { settings } = await config.load();
    const hector = await startHector(settings, {
      roles: new Set(['front', 'agent', 'keeper']),
      log: silentLogger,
      config,
      extensions: { createLanguageModel: () => model },
    });
    t.teardown(() => hector.close());
    const url = `${hector.url}/agents/assistant`;
    const { body } = await rpc(url, 'SendMessage', { message: userMessage('Hello'), configuration: { returnImmediately: true } });
    await waitFor(() => model.systems.length === 1);
    await write('Judge.');
    await hector.reload?.();
    model.open();
    await sendText(url, 'And now?');
    const first = await rpc(url, 'GetTask', { id: body.result?.task?.id });
    t.same(model.systems, ['Pirate.', 'Judge.']);
    t.equal(first.body.result?.status?.state, 'TASK_STATE_COMPLETED');
  },
);

function start(t: Test, directory: string, instruction: string, model: LanguageModel) {
  const config = { agents: { assistant: { instruction } }, server: { shutdown_timeout_ms: 1_000 }, queue: { lease_ms: 500 } };
  return startTestHector(t, { directory, config, extensions: { createLanguageModel: () => model } });
}

/** Says nothing until it is opened. */
function createRecordingModel(): LanguageModel & { readonly systems: readonly string[]; open(): void } {
  const systems: string[] = [];
  let isOpen = false;
  let wake = (): void => undefined;
  return {
    provider: 'recording',
    model: 'recording',
    systems,
    open() {
      isOpen = true;
      wake();
    },
    async *generate({ system }, signal) {
      systems.push(system);
      if (!isOpen)
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
      yield { type: 'text', text: 'Aye.' };
      yield { type: 'finish', reason: 'stop' };
    },
  };
}
