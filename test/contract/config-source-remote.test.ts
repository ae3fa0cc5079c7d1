/** What a configuration elsewhere has beyond the contract of all places: networks, certificates, several addresses, limits (CFG-10). */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createAuthority } from '../support/certificates.js';
import { openNamed } from '../support/config-worlds/open-named.js';
import { waitFor } from '../support/coordination-steps.js';
import { startConsulPeer } from '../support/peers/consul-peer.js';
import { startZooKeeperPeer } from '../support/peers/zookeeper-peer.js';
import { startSilentProxy } from '../support/silent-proxy.js';
import { createSteeredClock } from '../support/steered-clock.js';

/** Takes connections, and says this or nothing. */
async function startStranger(t: Test, says = '', onVisit: () => void = () => undefined): Promise<number> {
  const server = createServer((socket) => {
    onVisit();
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
    if (says !== '') socket.on('data', () => socket.end(says));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

const page = (status: string, body: string) => `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

t.test('the next address is asked when one cannot be reached, and the one that answered comes first after that', async (t) => {
  const peer = await startConsulPeer(t);
  peer.put('k', 'name: ours\n');
  let visits = 0;
  const broken = await startStranger(t, page('500 Error', 'No cluster leader'), () => (visits += 1));
  const source = await openNamed(t.testdir({}), `consul://127.0.0.1:1,127.0.0.1:${broken},127.0.0.1:${peer.port}/k`);
  t.equal((await source.read()).text, 'name: ours\n');
  t.equal((await source.read()).text, 'name: ours\n');
  t.equal(visits, 1);
  await peer.stop();
  await t.rejects(source.read(), { code: 'CONFIG_SOURCE_UNAVAILABLE', message: /No cluster leader/ });
});

t.test('who says nothing is given up after the time that is set, also in the middle of a word', async (t) => {
  const silent = await startStranger(t);
  for (const provider of ['consul', 'etcd', 'zookeeper']) {
    const folder = t.testdir({ 'h.yaml': `config: {provider: ${provider}, address: "127.0.0.1:${silent}", key: k, timeout: 100ms}` });
    const source = await openNamed(folder, 'h.yaml');
    await t.rejects(source.read(), { code: 'CONFIG_SOURCE_UNAVAILABLE', message: /did not answer within 100 ms/ });
    await t.rejects(source.read(AbortSignal.abort()), { code: 'STEP_ABORTED' });
  }
  const half = await startStranger(t, 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{');
  await t.rejects((await openNamed(t.testdir({}), `consul://127.0.0.1:${half}/k`)).read(), { code: 'CONFIG_SOURCE_UNAVAILABLE' });
});

t.test('who is somebody else is told from who is away', async (t) => {
  const folder = t.testdir({});
  const stranger = await startStranger(t, page('200 OK', '<html>hello</html>'));
  for (const [provider, code, message] of [
    ['consul', 'CONFIG_UNREADABLE', /is not Consul/],
    ['etcd', 'CONFIG_UNREADABLE', /is not etcd/],
    ['zookeeper', 'CONFIG_SOURCE_UNAVAILABLE', /does not send here/],
  ] as const)
    await t.rejects((await openNamed(folder, `${provider}://127.0.0.1:${stranger}/k`)).read(), { code, message });
  const missing = await startStranger(t, page('404 Not Found', '404 page not found'));
  await t.rejects((await openNamed(folder, `etcd://127.0.0.1:${missing}/k`)).read(), { code: 'CONFIG_UNREADABLE', message: /is not etcd/ });
  const consul = await startConsulPeer(t);
  await t.rejects((await openNamed(folder, `consul://127.0.0.1:${consul.port}/k.json`)).read(), {
    code: 'CONFIG_UNREADABLE',
    message: /does not take the request.*suspicious/,
  });
});

t.test('an answer without end is not read to its end', async (t) => {
  const endless = await startStranger(t, `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(3 * 1024 * 1024)}`);
  const source = await openNamed(t.testdir({}), `consul://127.0.0.1:${endless}/k`);
  await t.rejects(source.read(), { code: 'CONFIG_UNREADABLE', message: /larger than 1 MiB/ });
});

t.test('a text that the service does not take is not written', async (t) => {
  const folder = t.testdir({});
  const consul = await startConsulPeer(t);
  consul.put('k', 'name: ours\n');
  const inConsul = await openNamed(folder, `consul://127.0.0.1:${consul.port}/k`);
  const { revision } = await inConsul.read();
  await t.rejects(inConsul.write('#'.repeat(500_000), revision), { code: 'CONFIG_NOT_WRITABLE', message: /too large/ });
  t.equal(consul.get('k'), 'name: ours\n');
  const zookeeper = await startZooKeeperPeer(t);
  zookeeper.create('/k', 'name: ours\n');
  const inZooKeeper = await openNamed(folder, `zookeeper://127.0.0.1:${zookeeper.port}/k`);
  await t.rejects(inZooKeeper.write('#'.repeat(1024 * 1024), (await inZooKeeper.read()).revision), { code: 'CONFIG_NOT_WRITABLE' });
  t.equal(zookeeper.get('/k'), 'name: ours\n');
});

t.test('a node of ZooKeeper that was deleted and made anew is another one, though its version is the same', async (t) => {
  const peer = await startZooKeeperPeer(t);
  peer.create('/k', 'name: first\n');
  const source = await openNamed(t.testdir({}), `zookeeper://127.0.0.1:${peer.port}/k`);
  const { revision } = await source.read();
  peer.remove('/k');
  peer.create('/k', 'name: anew\n');
  await t.rejects(source.write('name: late\n', revision), { code: 'CONFIG_CHANGED' });
  t.equal(peer.get('/k'), 'name: anew\n');
});

t.test('a ZooKeeper that says nothing any more is lost when the time of the session is over', async (t) => {
  const peer = await startZooKeeperPeer(t);
  peer.create('/k', 'name: ours\n');
  const proxy = await startSilentProxy(t, { host: '127.0.0.1', port: peer.port });
  const clock = createSteeredClock();
  const source = await openNamed(t.testdir({}), `zookeeper://127.0.0.1:${proxy.port}/k`, {}, clock);
  const warned = new Promise<string>((resolve) => t.teardown(source.watch(() => undefined, resolve)));
  await waitFor(() => peer.watches() === 1);
  await clock.advance(14_000);
  // It answers the pings.
  await waitFor(() => peer.pings() === 2);
  await clock.advance(14_000);
  await waitFor(() => peer.pings() === 5);
  proxy.fallSilent();
  await clock.advance(21_000);
  t.match(await warned, /it says nothing any more/);
});

t.test('an encrypted connection is made only to who shows a certificate of a known authority', async (t) => {
  const folder = t.testdir({});
  const [authority, other] = [createAuthority(folder), createAuthority(folder, 'other')];
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  authority.issue('localhost', cert, key);
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const consul = await startConsulPeer(t, { tls });
  consul.put('k', 'name: encrypted\n');
  const zookeeper = await startZooKeeperPeer(t, { tls });
  zookeeper.create('/k', 'name: encrypted\n');
  for (const [provider, port] of [
    ['consul', consul.port],
    ['zookeeper', zookeeper.port],
  ] as const) {
    const trusting = (ca: string) => {
      const where = { provider, address: `localhost:${port}`, key: 'k', tls: { enabled: true, ca_certificate: ca } };
      writeFileSync(join(folder, 'hector.json'), JSON.stringify({ config: where }));
      return openNamed(folder, 'hector.json');
    };
    t.equal((await (await trusting(authority.caPath)).read()).text, 'name: encrypted\n');
    for (const source of [await trusting(other.caPath), await openNamed(folder, `${provider}+tls://localhost:${port}/k`)])
      await t.rejects(source.read(), { code: 'CONFIG_SOURCE_UNAVAILABLE', message: /certificate.*see config\.tls/ });
    await t.rejects((await openNamed(folder, `${provider}://localhost:${port}/k`)).read(), { code: 'CONFIG_SOURCE_UNAVAILABLE' });
    await t.rejects((await trusting('none.pem')).read(), {
      code: 'CONFIG_UNREADABLE',
      message: /config\.tls\.ca_certificate: .*none\.pem.*ENOENT/,
    });
  }
});
