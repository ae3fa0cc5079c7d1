/** How a user says where the configuration lies (CFG-10). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import type { AppError } from '../../../../src/base/errors.js';
import { loadSettings } from '../../../../src/config/load-settings.js';
import { findConfigPlace } from '../../../../src/config/sources/find-config-place.js';
import { openConfigSource } from '../../../../src/config/sources/open-config-source.js';
import { formatRemotePlace, parseRemoteName } from '../../../../src/config/sources/remote-place.js';

t.test('an address names provider, hosts and key', async (t) => {
  for (const [name, place, key] of [
    ['consul://kv.example:8600/hector/config', 'consul://kv.example:8600/hector/config', 'hector/config'],
    ['consul://kv.example/hector', 'consul://kv.example:8500/hector', 'hector'],
    ['consul+tls://kv.example//hector/', 'consul+tls://kv.example:8501/hector', 'hector'],
    ['etcd://a:1,b,[::1]:3/hector', 'etcd://a:1,b:2379,[::1]:3/hector', 'hector'],
    ['etcd+tls://a//hector/x.json', 'etcd+tls://a:2379//hector/x.json', '/hector/x.json'],
    ['zookeeper://a,b:2182/hector/config', 'zookeeper://a:2181,b:2182/hector/config', '/hector/config'],
    ['ZooKeeper+TLS://a/hector', 'zookeeper+tls://a:2281/hector', '/hector'],
  ] as const) {
    const parsed = parseRemoteName(name, {});
    t.equal(formatRemotePlace(parsed), place);
    t.equal(parsed.key, key);
    t.equal(parsed.tls !== undefined, name.toLowerCase().includes('+tls'));
  }
});

t.test('an address that says too little, or too much, is refused without being shown', async (t) => {
  for (const [name, message] of [
    ['redis://h/key', /no configuration at 'redis:\/\/'.*consul:\/\/host\/key/],
    ['consul+ssl://h/key', /no configuration at 'consul\+ssl:/],
    ['consul://h:8500', /names no key; wanted consul:\/\/host:port\/key/],
    ['consul:///key', /has '' for a host/],
    ['etcd://a,b c/key', /has 'b c' for a host/],
    ['etcd://a:99999/key', /has 'a:99999' for a host/],
    ['etcd://me:very-secret@h/key', /holds credentials; leave them out and set HECTOR_CONFIG_USERNAME and HECTOR_CONFIG_PASSWORD/],
    ['consul://very-secret@h/key', /set HECTOR_CONFIG_TOKEN or CONSUL_HTTP_TOKEN/],
  ] as const) {
    t.throws(() => parseRemoteName(name, {}), { code: 'CONFIG_INVALID', message });
    t.throws(() => parseRemoteName(name, {}), { message: /^(?!.*very-secret)/ });
  }
});

const environment = { KEY: 'hector/config', TOKEN_HERE: 'from-variable', HECTOR_CONFIG_USERNAME: 'somebody', CONSUL_HTTP_TOKEN: 'usual' };

function find(t: Test, text: string, name = 'hector.yaml') {
  const folder = t.testdir({ [name]: text });
  return { folder, find: () => findConfigPlace(join(folder, name), { environment, workingDirectory: folder }) };
}

t.test('a file that holds only the block config leads elsewhere (CFG-10)', async (t) => {
  const consul = find(t, 'config: {provider: consul, address: "host:8500", key: "${KEY}"}').find();
  t.match(consul, { provider: 'consul', addresses: [{ host: 'host', port: 8500 }], key: 'hector/config', tls: undefined, token: 'usual' });
  const own = 'version: 2\nconfig:\n  provider: consul\n  address: https://a, b:1\n  key: k\n  token: ${TOKEN_HERE}\n  timeout: 2s\n';
  t.match(find(t, own).find(), {
    addresses: [
      { host: 'a', port: 8501 },
      { host: 'b', port: 1 },
    ],
    tls: { caCertificate: '' },
    token: 'from-variable',
    timeoutMs: 2000,
  });
  const etcd = find(
    t,
    '{"config": {"provider": "etcd", "key": "/k", "password": "p", "tls": {"enabled": true, "ca_certificate": "ca.pem"}}}',
    'h.json',
  );
  t.match(etcd.find(), {
    addresses: [{ host: '127.0.0.1', port: 2379 }],
    key: '/k',
    username: 'somebody',
    password: 'p',
    token: '',
    tls: { caCertificate: join(etcd.folder, 'ca.pem') },
  });
  const file = find(t, 'config: {key: other.yaml}');
  t.equal(file.find(), join(file.folder, 'other.yaml'));
});

t.test('the example and the block of the README lead where they say', async (t) => {
  const workingDirectory = t.testdir({});
  const example = findConfigPlace(resolve('config/elsewhere.yaml'), { environment: {}, workingDirectory });
  t.match(example, {
    provider: 'etcd',
    addresses: [{ host: 'localhost', port: 2379 }],
    key: 'hector/config',
    username: '',
    tls: undefined,
  });
  const [, block = ''] = /```yaml\n(config:\n[\s\S]*?)```/.exec(readFileSync('src/config/README.md', 'utf8')) ?? [];
  writeFileSync(join(workingDirectory, 'hector.yaml'), block);
  const place = findConfigPlace(join(workingDirectory, 'hector.yaml'), { environment: { CONSUL_TOKEN: 'x' }, workingDirectory });
  t.match(place, {
    provider: 'consul',
    addresses: [{ host: 'kv1', port: 8501 }, { host: 'kv2' }],
    token: 'x',
    timeoutMs: 5000,
    tls: { keyFile: /own-key/ },
  });
});

t.test('a file that is the configuration itself leads nowhere', async (t) => {
  for (const text of [
    '',
    'name: config',
    '# config: {provider: consul}',
    'agents: {a: {instruction: "config: yes"}}',
    'config: [',
    '- config: 1',
  ])
    t.equal(find(t, text).find(), undefined, text);
  t.equal(findConfigPlace(join(t.testdir({}), 'none.yaml'), { environment, workingDirectory: '.' }), undefined);
});

t.test('everything wrong in the block is told at once, with its line', async (t) => {
  const text = 'config:\n  provider: consull\n  adress: x\n  token: ${NOT_THERE}\nagents: {}\n';
  try {
    find(t, text).find();
    t.fail('accepted');
  } catch (error) {
    const { code, problems } = error as AppError;
    t.equal(code, 'CONFIG_INVALID');
    t.match(
      problems,
      [
        { field: 'config.key', description: /missing/ },
        { field: 'config.provider', description: /did you mean 'consul'/, line: 2 },
        { field: 'config.adress', description: /did you mean 'address'/, line: 3 },
        { field: 'config.token', description: /the variable NOT_THERE is not set/, line: 4 },
        { field: 'agents', description: /move it there/, line: 5 },
      ].sort((a, b) => (a.line ?? 1) - (b.line ?? 1)),
    );
  }
  const block = (inner: string) => find(t, `config: {provider: etcd, key: k, ${inner}}`);
  t.throws(() => block('address: "me:very-secret@h"').find(), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'config.address[0]', description: /holds credentials/ }],
  });
  t.throws(() => block('address: [a, "b c"]').find(), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'config.address[1]', description: /'b c'; wanted host:port/ }],
  });
  t.throws(() => block('tls: {ca_certificate: ca.pem}').find(), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'config.tls', description: /enabled: true/ }],
  });
  t.throws(() => find(t, 'config: consul').find(), { code: 'CONFIG_INVALID', problems: [{ field: 'config.key' }] });
});

t.test('what is found there cannot lead on', async (t) => {
  const folder = t.testdir({ 'one.yaml': 'config: {key: two.yaml}', 'two.yaml': 'config: {key: three.yaml}' });
  const source = await openConfigSource('one.yaml', { environment: {}, workingDirectory: folder });
  t.equal(source?.place, join(folder, 'two.yaml'));
  t.throws(() => loadSettings({ file: source?.place ?? '', environment: {}, workingDirectory: folder }), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'config', description: /follows it from a file that holds nothing else, and it cannot stand here/, line: 1 }],
  });
});

t.test('who loads settings at once, without waiting for a network, is told so', async (t) => {
  t.throws(() => loadSettings({ file: 'consul://h/k', environment: {}, workingDirectory: t.testdir({}) }), {
    code: 'CONFIG_INVALID',
    message: /consul:\/\/h\/k .*command line/,
  });
});

t.test('credentials and .env beside the file that names the place count', async (t) => {
  const folder = t.testdir({
    etc: { 'hector.yaml': 'config: {provider: zookeeper, address: "${ZK}", key: hector}', '.env': 'ZK=zk.example' },
  });
  const source = await openConfigSource('etc/hector.yaml', { environment: { HOME: folder }, workingDirectory: folder });
  t.equal(source?.place, 'zookeeper://zk.example:2181/hector');
  t.equal(source?.file, join(folder, 'etc/hector.yaml'));
  t.equal(await openConfigSource(undefined, { environment: { HOME: folder }, workingDirectory: folder }), undefined);
});
