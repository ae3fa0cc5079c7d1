/** The command line against a server that wants to know who asks (CLI-30, SEC-03), and config/auth.yaml as a person runs it. */
import t, { type Test } from 'tap';
import { startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Role } from '../../src/runtime/hector.js';
import { runCommand } from '../support/cli-rig.js';
import { temporaryDirectory } from '../support/start-hector.js';

const TOKEN = 'hk_of_ada_and_of_nobody_else';

async function start(t: Test, file: string, STATE: string, roles: readonly Role[] = ['front', 'agent', 'keeper']) {
  const environment = { STATE, PORT: '0', HECTOR_TOKEN: TOKEN };
  const settings = loadSettings({ file, environment, overrides: { server: { host: '127.0.0.1', drain_delay_ms: 0 } } });
  const hector = await startHector(settings, { roles: new Set(roles), log: silentLogger });
  t.teardown(() => hector.close());
  return hector;
}

t.test(
  'config/auth.yaml: whoever has the key asks and sees what is theirs; others are told how to come in',
  { timeout: 90_000 },
  async (t) => {
    const state = await temporaryDirectory(t);
    const { url } = await start(t, 'config/auth.yaml', state);
    const withToken = { environment: { HECTOR_TOKEN: TOKEN } };
    const asked = await runCommand(t, ['ask', '--url', url, 'Hello there'], withToken);
    t.equal(asked.code, 0, asked.errors);
    t.match((await runCommand(t, ['sessions', 'list', '--url', url, '--token', TOKEN, '--json'])).output, /"agent":"assistant"/);
    t.equal((await runCommand(t, ['tasks', 'list', '--url', url], withToken)).code, 0);
    for (const [argv, environment] of [
      [['ask', '--url', url, 'Hello'], {}],
      [['ask', '--url', url, '--token', 'wrong', 'Hello'], { HECTOR_TOKEN: TOKEN }],
      [['sessions', 'list', '--url', url], { HECTOR_TOKEN: '' }],
      [['tasks', 'list', '--url', url, '--token', 'wrong'], {}],
    ] as const) {
      const refused = await runCommand(t, argv, { environment });
      t.equal(refused.code, 1);
      t.match(refused.errors, /--token or in the variable HECTOR_TOKEN/, argv.join(' '));
      t.notMatch(refused.errors, /hk_of_ada/);
    }
    const { headers, status } = await fetch(`${url}/agents/assistant/tasks`);
    t.same([status, headers.get('www-authenticate')], [401, 'Bearer realm="hector"']);

    // A server of the command's own: who can read the database needs no key, and sees everybody's.
    const own = { environment: { STATE: state, PORT: '0', HECTOR_TOKEN: 'another key of sixteen' }, start: startHector };
    const config = ['--config', `${process.cwd()}/config/auth.yaml`];
    const listed = await runCommand(t, ['sessions', 'list', '--json', ...config], own);
    t.equal(listed.code, 0, listed.errors);
    t.match(listed.output, /"agent":"assistant"/);
  },
);
