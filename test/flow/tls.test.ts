/** TLS on HTTP and gRPC: versions, a certificate that is replaced while clients are there, certificates of clients (CFG-81, SEC-13, W-04). */
import { copyFileSync, readFileSync as readFile, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { Client, credentials } from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { userMessage } from '../support/a2a-client.js';
import { createAuthority } from '../support/certificates.js';
import { waitFor } from '../support/coordination-steps.js';
import { callsOf } from '../support/grpc-rig.js';
import { recordLog } from '../support/record-log.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

async function start(t: Test, tls: Record<string, unknown> = {}) {
  const directory = await temporaryDirectory(t);
  const authority = createAuthority(directory);
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  authority.issue('first', files.cert, files.key);
  const { log, lines } = recordLog();
  const hector = await startTestHector(t, {
    directory,
    log,
    config: {
      llms: { default: { provider: 'offline' } },
      server: {
        grpc_port: 0,
        tls: { enabled: true, cert_file: 'cert.pem', key_file: 'key.pem', reload_interval: '50ms', ...tls },
      },
      agents: { clerk: { tools: [] } },
    } as never,
  });
  return { hector, authority, files, lines, directory, port: Number(new URL(hector.url).port) };
}

interface Certificate {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

function ask(url: string, certificate: Certificate): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...certificate, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

/** Open until the test ends. */
function open(t: Test, port: number, options: Record<string, unknown>): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ...options }, () => resolve(socket));
    socket.on('error', reject);
    t.teardown(() => socket.destroy());
  });
}

const shownBy = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject?.CN);

t.test('a certificate is replaced without a lost connection; files that do not fit change nothing', { timeout: 120_000 }, async (t) => {
  const { hector, authority, files, lines, directory, port } = await start(t, { min_version: '1.3' });
  const { ca } = authority;
  t.match(hector.url, /^https:\/\//);
  const kept = await open(t, port, { ca });
  t.equal(shownBy(kept), 'first');
  const client = new Client(`127.0.0.1:${hector.grpcPort}`, credentials.createSsl(ca));
  t.teardown(() => client.close());
  const { call } = callsOf(client);
  t.equal((await call('SendMessage', { tenant: 'clerk', message: userMessage('Hello') })).message, 'OK');

  copyFileSync(join(directory, 'ca-key.pem'), files.key);
  await waitFor(() => lines.some((line) => line.includes('the certificate of before is shown')));
  t.equal(shownBy(await open(t, port, { ca })), 'first', 'the key is not that of the certificate');
  authority.issue('second', files.cert, files.key);
  await waitFor(() => lines.some((line) => line.includes('new connections are shown the new certificate')));
  t.equal(shownBy(await open(t, port, { ca })), 'second');
  t.equal(shownBy(await open(t, hector.grpcPort as number, { ca, ALPNProtocols: ['h2'] })), 'second');
  for (const tlsPort of [port, hector.grpcPort as number])
    await t.rejects(
      open(t, tlsPort, { ca, maxVersion: 'TLSv1.2', ALPNProtocols: ['h2', 'http/1.1'] }),
      { code: /SSL|ECONNRESET/ },
      'and the oldest version that is taken stays',
    );
  t.equal((await call('GetTask', { tenant: 'clerk', id: 'none' })).code, 5, 'a call on the connection of before');
  kept.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const chunk of kept) answer += chunk;
  t.match(answer, /^HTTP\/1\.1 200 OK/, 'and so does HTTP');

  const card = JSON.parse((await ask(`https://127.0.0.1:${port}/agents/clerk`, { ca })).body) as {
    supportedInterfaces: { url: string }[];
  };
  t.equal(card.supportedInterfaces[0]?.url, `https://127.0.0.1:${port}/agents/clerk`, 'the card names what clients can reach (API-26)');
  t.notOk(lines.some((line) => line.includes('PRIVATE KEY')));
});

t.test('old versions, plain HTTP and broken handshakes are cut, and the server serves on', { timeout: 120_000 }, async (t) => {
  const { authority, hector, port } = await start(t, { min_version: '1.3', reload_interval: 0 });
  const { ca } = authority;
  for (const tlsPort of [port, hector.grpcPort as number]) {
    await t.rejects(open(t, tlsPort, { ca, maxVersion: 'TLSv1.2', ALPNProtocols: ['h2', 'http/1.1'] }), { code: /SSL|ECONNRESET/ });
    const socket = await open(t, tlsPort, { ca, ALPNProtocols: ['h2', 'http/1.1'] });
    t.equal(socket.getProtocol(), 'TLSv1.3');
  }
  for (const bytes of ['GET /health HTTP/1.1\r\nHost: a\r\n\r\n', '\x16\x03\x01\x00\xff\x01garbage', 'nonsense']) {
    const socket = connectPlain(port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.end(bytes);
    await closed;
    t.notMatch(answer, /HTTP\/1\.1 200/);
  }
  t.equal((await ask(`https://127.0.0.1:${port}/health`, { ca })).status, 200);
});

t.test('with client_ca_file, only who shows a certificate of it comes in, over HTTP and gRPC', { timeout: 120_000 }, async (t) => {
  const { authority, hector, directory, port } = await start(t, { client_ca_file: 'ca-cert.pem' });
  const { ca } = authority;
  const other = createAuthority(directory, 'other');
  const clientOf = (issuer: typeof authority, name: string) => {
    const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
    issuer.issue(name, cert, key);
    return { cert: readFile(cert), key: readFile(key) };
  };
  const [good, wrong] = [clientOf(authority, 'good'), clientOf(other, 'wrong')];
  t.equal((await ask(`https://127.0.0.1:${port}/health`, { ca, ...good })).status, 200);
  await t.rejects(ask(`https://127.0.0.1:${port}/health`, { ca }));
  await t.rejects(ask(`https://127.0.0.1:${port}/health`, { ca, ...wrong }));
  for (const [own, code] of [
    [good, 5],
    [wrong, 14],
  ] as const) {
    const client = new Client(`127.0.0.1:${hector.grpcPort}`, credentials.createSsl(ca, own.key, own.cert));
    t.teardown(() => client.close());
    t.equal((await callsOf(client).call('GetTask', { tenant: 'clerk', id: 'none' })).code, code);
  }
});

t.test('what cannot be served is told at the start, with the key of the configuration', async (t) => {
  const directory = await temporaryDirectory(t);
  const begin = (server: Record<string, unknown>) =>
    startTestHector(t, {
      directory,
      config: { llms: { default: { provider: 'offline' } }, server, agents: { clerk: { tools: [] } } } as never,
    });
  const tls = { enabled: true, cert_file: 'none.pem', key_file: 'none.key' };
  await t.rejects(begin({ tls }), {
    code: 'TLS_FILE_UNUSABLE',
    message: /^server\.tls\.(cert|key)_file: .*none\.(pem|key) cannot be read/,
  });
  const authority = createAuthority(directory);
  authority.issue('one', join(directory, 'one.pem'), join(directory, 'one.key'));
  writeFileSync(join(directory, 'not.key'), 'no PEM');
  await t.rejects(begin({ tls: { ...tls, cert_file: 'one.pem', key_file: 'not.key' } }), {
    code: 'TLS_FILE_UNUSABLE',
    message: /one\.pem and .*not\.key cannot be used together/,
  });
  await t.rejects(begin({ tls: { enabled: true } }), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'server.tls.cert_file' }, { field: 'server.tls.key_file' }],
  });
  await t.rejects(begin({ tls, http: 'uws' }), {
    code: 'CONFIG_INVALID',
    problems: [{ field: 'server.http', description: /wanted auto or node/ }],
  });
});
