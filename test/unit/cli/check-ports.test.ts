import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createPlainServer, type Server } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checkPorts } from '../../../src/cli/doctor/check-ports.js';
import type { Settings } from '../../../src/config/settings.js';
import { createAuthority } from '../../support/certificates.js';
import { serverSettings } from '../../support/test-settings.js';

async function listen(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

const AS_HECTOR: RequestListener = (_request, response) => void response.end('{"status":"ok","studio_mode":false}');

function check(port: number, grpcPort: number, isEncrypted: boolean) {
  const { tls, ...server } = serverSettings();
  const settings = { server: { ...server, host: '127.0.0.1', port, grpcPort, tls: { ...tls, enabled: isEncrypted } } };
  return checkPorts({ ...settings, observability: { metrics: {} } } as unknown as Pick<Settings, 'server' | 'observability'>);
}

t.test('the ports of a server that runs are not said to be taken by another program, with TLS and gRPC neither', async (t) => {
  const grpcPort = await listen(t, createPlainServer());
  const folder = t.testdir();
  const [cert, key] = [join(folder, 'a.pem'), join(folder, 'a.key')];
  createAuthority(folder).issue('a', cert, key);
  const plain = await listen(t, createServer(AS_HECTOR));
  const encrypted = await listen(t, createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, AS_HECTOR));
  for (const [port, isEncrypted] of [
    [plain, false],
    [encrypted, true],
  ] as const)
    t.match(await check(port, grpcPort, isEncrypted), [
      { status: 'ok', check: `Port ${port}`, message: /serves there already/ },
      { status: 'ok', check: `Port ${grpcPort}`, message: /serves there already/ },
    ]);
  const other = await listen(
    t,
    createServer((_request, response) => void response.end('{}')),
  );
  t.match(await check(other, grpcPort, false), [
    { status: 'fail', message: /taken by another program/ },
    { status: 'fail', message: /taken by another program/ },
  ]);
});
