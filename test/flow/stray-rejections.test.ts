/** A promise that an agent's code leaves behind and that is rejected costs its run, not the process (AGT-70). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { sendText } from '../support/a2a-client.js';
import { freePort, temporaryDirectory } from '../support/start-hector.js';

const PROGRAM = fileURLToPath(new URL('../support/stray-program.js', import.meta.url));

t.test('the run fails, runs beside it and the process go on, and its end is a clean one', async (t) => {
  const directory = await temporaryDirectory(t);
  const config = { server: { host: '127.0.0.1', port: await freePort(), drain_delay_ms: 0 }, logger: { format: 'json' } };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(config)], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  t.teardown(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [url] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>,
    exited.then(() => [`it ended: ${errors}`]),
  ]);
  const agent = `${url}/agents/careless`;
  const [failed, done] = await Promise.all([sendText(agent, 'fail'), sendText(agent, 'work')]);
  t.match(failed.status, { state: 'TASK_STATE_FAILED', message: { parts: [{ text: "The agent 'careless' failed unexpectedly" }] } });
  t.match(done, { status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [{ parts: [{ text: 'begun and done' }] }] });
  t.match(errors, /a promise was rejected and nobody handled it: .*nobody listens to this; the run of which it was a part fails/);
  child.kill('SIGTERM');
  t.same(await exited, [0, null], errors);
});
