/** The runnable example of agents in code, as the README starts it (PRG-01, PRG-16). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { rpc, sendText, userMessage } from '../support/a2a-client.js';
import { freePort, temporaryDirectory } from '../support/start-hector.js';

const EXAMPLE = fileURLToPath(new URL('../../../config/code-agents/agents.mjs', import.meta.url));

t.test('the example takes an order, asks for the size, charges, and ends cleanly when it is told to (PRG-01)', async (t) => {
  const directory = await temporaryDirectory(t);
  const child = spawn(process.execPath, [EXAMPLE], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  t.teardown(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [first] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>,
    exited.then(() => [`it ended: ${errors}`]),
  ]);
  t.match(first, /^http:.*\/agents$/);
  const asked = await sendText(`${first}/order`, 'tea');
  t.match(asked.status, { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: 'Which size of tea: small or large?' }] } });
  const done = await sendText(`${first}/order`, 'large', { taskId: asked.id });
  t.equal(done.status.state, 'TASK_STATE_COMPLETED');
  t.match(done.artifacts, [
    { artifactId: 'response', parts: [{ text: 'One large tea is on its way.' }] },
    { artifactId: 'receipt', parts: [{ text: 'Paid: 900 cents' }, { data: { task: done.id, cents: 900 }, mediaType: 'application/json' }] },
  ]);
  const clock = await rpc(`${first}/clock`, 'SendMessage', { message: userMessage('What time is it?') });
  t.match(clock.body.result, { message: { parts: [{ text: /^\d{4}-.*Z$/ }] } });
  child.kill('SIGTERM');
  t.same(await exited, [0, null], errors);
});
