import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createAuthority } from '../../support/certificates.js';
import { runCommand } from '../../support/cli-rig.js';

async function listen(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

const isReady: RequestListener = ({ url }, response) =>
  void response.writeHead(url === '/health/live' ? 200 : 503).end(url === '/health/ready' ? '{"reasons":["Redis does not answer"]}' : '{}');

const health = (t: Test, config: string, ...flags: string[]) =>
  runCommand(t, ['health', ...flags], { files: { 'h.yaml': config }, environment: { HECTOR_CONFIG: 'h.yaml' } });

t.test('a health check asks where the configuration says, and its exit code is the answer (DEP-02)', async (t) => {
  const port = await listen(t, createServer(isReady));
  const front = `server: {port: ${port}}\n`;
  t.match(await health(t, front), { code: 0, output: `ok: http://127.0.0.1:${port}/health/live\n`, errors: '' });
  t.match(await health(t, front, '--ready'), { code: 1, errors: /health\/ready answers HTTP 503: .*Redis does not answer/ });
  const side = `server: {port: 1}\nobservability: {metrics: {enabled: true, port: ${port}}}\n`;
  t.match(await health(t, side), { code: 0 }, 'what every process has');
  t.match(await health(t, side, '--port', '1'), { code: 1, errors: /127\.0\.0\.1:1\/health\/live does not answer: .*ECONNREFUSED/ });
  t.match(await health(t, 'server: {port: 1}', '--port', String(port)), { code: 0 });
  const silent = await listen(
    t,
    createServer(({ socket }) => void socket.destroy()),
  );
  t.match(await health(t, `server: {port: ${silent}}`), { code: 1, errors: /does not answer/ });
});

t.test('a configuration that a running server would refuse makes nobody think it dead (CFG-94)', async (t) => {
  const port = await listen(t, createServer(isReady));
  const wrong = `llms: {a: {provider: openai, api_key: "\${GONE}"}}\nagents: {a: {llm: nobody, unknown: 1}}\nserver: {port: ${port}, unknown: 1}\n`;
  t.match(await health(t, wrong), { code: 0, errors: '' });
  for (const broken of ['server: {port: none}', 'server: [', 'server: {port: "${GONE}"}'])
    t.match(await health(t, broken, '--port', String(port)), { code: 0, errors: /looked for where it is by default/ }, broken);
});

t.test('with TLS it asks by TLS, whoever the certificate is for; a server that wants one of its clients runs (DEP-02)', async (t) => {
  const folder = t.testdir({});
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name)) as [string, string];
  const authority = createAuthority(folder);
  authority.issue('elsewhere', cert, key);
  const certificate = { cert: readFileSync(cert), key: readFileSync(key) };
  const tls = (port: number, more = '') =>
    `server: {port: ${port}, tls: {enabled: true, cert_file: "${cert}", key_file: "${key}"${more}}}\n`;
  const port = await listen(t, createTlsServer(certificate, isReady));
  t.match(await health(t, tls(port)), { code: 0, output: `ok: https://127.0.0.1:${port}/health/live\n` });
  t.match(await health(t, `server: {port: ${port}}`), { code: 1 }, 'in the clear');
  const strict = createTlsServer({ ...certificate, ca: authority.ca, requestCert: true, rejectUnauthorized: true }, isReady);
  t.match(await health(t, tls(await listen(t, strict), `, client_ca_file: "${authority.caPath}"`)), {
    code: 0,
    output: /answers, and wants a certificate/,
  });
});
