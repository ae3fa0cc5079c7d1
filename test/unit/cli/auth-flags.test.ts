import t, { type Test } from 'tap';
import { sha256Hex } from '../../../src/base/json.js';
import { recordStart, runCommand, stopped } from '../../support/cli-rig.js';

const ALL = ['--auth-jwks-url', 'https://id.example.com/keys', '--auth-issuer', 'https://id.example.com', '--auth-audience', 'hector'];

async function serve(t: Test, ...argv: string[]) {
  const { seen, start } = recordStart(t);
  const { code, errors } = await runCommand(t, ['serve', ...argv], { start, stop: stopped(), files: { 'h.yaml': FILE } });
  return { code, errors, server: seen.settings?.server };
}

const FILE = 'server: {studio: {allowed_roles: [boss]}}\n';

t.test('three flags together turn authentication on, for every caller and with the role operator (CLI-30)', async (t) => {
  const { code, errors, server } = await serve(t, ...ALL, '--auth-client-id', 'web');
  t.same([code, errors.includes('warning')], [0, false]);
  t.match(server, {
    auth: {
      enabled: true,
      jwksUrl: 'https://id.example.com/keys',
      issuer: 'https://id.example.com',
      audience: 'hector',
      clientId: 'web',
      requireAuth: true,
    },
    studio: { allowedRoles: ['operator'] },
  });
});

t.test('a part of them warns and turns nothing on (SEC-07)', async (t) => {
  for (const argv of [ALL.slice(0, 2), ALL.slice(2), [...ALL.slice(0, 2), ...ALL.slice(4)]]) {
    const { code, errors, server } = await serve(t, ...argv);
    t.same([code, server?.auth.enabled], [0, false]);
    t.match(errors, /^warning: --auth-[a-z-]+( and --auth-[a-z-]+)? without --auth-.* no authentication on; give all three, or none$/m);
  }
});

t.test('roles and whether credentials are wanted come from flags, else from the file, else by default', async (t) => {
  const { server } = await serve(t, ...ALL, '--no-auth-required', '--studio-roles', 'operator, root');
  t.match(server, { auth: { requireAuth: false }, studio: { allowedRoles: ['operator', 'root'] } });
  t.same((await serve(t, ...ALL, '--config', 'h.yaml')).server?.studio, { enabled: false, allowedRoles: ['boss'] });
  t.same((await serve(t)).server?.studio, { enabled: false, allowedRoles: ['operator', 'admin'] });
  t.equal(
    (await serve(t, '--auth-issuer', '${HOME}', ...ALL.slice(0, 2), ...ALL.slice(4))).server?.auth.issuer,
    '${HOME}',
    'meant as it stands',
  );
});

t.test('auth hash-key makes a key, another one each time, and its hash (SEC-03)', async (t) => {
  const make = async () => JSON.parse((await runCommand(t, ['auth', 'hash-key', '--json'])).output) as { key: string; hash: string };
  const [first, second] = [await make(), await make()];
  t.match(first.key, /^hk_[\w-]{43}$/);
  t.equal(first.hash, `sha256:${sha256Hex(first.key)}`);
  t.not(first.key, second.key);
  const { output } = await runCommand(t, ['auth', 'hash-key']);
  t.match(output, /hk_[\w-]{43}\n[^]*hash: sha256:[0-9a-f]{64}\n/);
  t.equal((await runCommand(t, ['auth'])).code, 2);
});
