import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { StudioRequest, StudioRoute } from '../../../src/studio/studio-route.js';
import { startTestFront } from '../../support/front-rig.js';
import { RawHttpClient } from '../../support/raw-http-client.js';

function record(): { readonly seen: StudioRequest[]; readonly studio: readonly StudioRoute[] } {
  const seen: StudioRequest[] = [];
  const handle = async (request: StudioRequest) => {
    seen.push(request);
    return { status: 200, body: { ok: true } };
  };
  return {
    seen,
    studio: [
      { method: 'GET', pattern: '/api/things', handle },
      { method: 'GET', pattern: '/api/things/{id}', handle },
      { method: 'DELETE', pattern: '/api/things/{id}', handle },
      { method: 'POST', pattern: '/api/things/{id}/act', handle },
    ],
  };
}

for (const http of ['uws', 'node'] as const) {
  t.test(`${http}: the management API gets caller, path, query and JSON, and answers JSON that nobody keeps`, async (t) => {
    const { seen, studio } = record();
    const front = await startTestFront(t, {}, { studio, settings: { http } });
    const response = await fetch(`${front.url}/api/things?limit=2&limit=3`);
    t.same([response.status, await response.json()], [200, { ok: true }]);
    t.match(Object.fromEntries(response.headers), { 'content-type': 'application/json', 'cache-control': 'no-store' });
    await fetch(`${front.url}/api/things/a%2Fb`, { method: 'DELETE' });
    await fetch(`${front.url}/api/things/${'x'.repeat(10_000)}/act`, { method: 'POST', body: Buffer.from('{"a":1}') });
    await fetch(`${front.url}/api/things/x/act`, { method: 'POST' });
    t.match(seen, [
      { owner: 'local', parameters: {}, body: undefined },
      { owner: 'local', parameters: { id: 'a/b' }, body: undefined },
      { parameters: { id: 'x'.repeat(10_000) }, body: { a: 1 } },
      { parameters: { id: 'x' }, body: undefined },
    ]);
    t.same(seen[0]?.query.getAll('limit'), ['2', '3']);
  });
}

t.test('what is not asked rightly never reaches a handler: 400, 401, 404, 405, 413, 415 (API-03)', async (t) => {
  const { seen, studio } = record();
  const front = await startTestFront(t, {}, { studio, limits: { maxBodyBytes: 100 } });
  const ask = async (method: string, path: string, body?: string, type = 'application/json') => {
    const response = await fetch(`${front.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
    });
    const { error } = (await response.json()) as { error: { code: string } };
    return [response.status, error.code, response.headers.get('allow')];
  };
  t.same(await ask('POST', '/api/things/x/act', '{"a":'), [400, 'REQUEST_INVALID_JSON', null]);
  t.same(await ask('POST', '/api/things/x/act', ' '), [400, 'REQUEST_INVALID_JSON', null]);
  t.same(await ask('POST', '/api/things/x/act', 'a=1', 'text/plain'), [415, 'HTTP_UNSUPPORTED_MEDIA_TYPE', null]);
  t.same(await ask('POST', '/api/things/x/act', `"${'x'.repeat(200)}"`), [413, 'HTTP_BODY_TOO_LARGE', null]);
  t.same(await ask('PUT', '/api/things/x', '{}'), [405, 'HTTP_METHOD_NOT_ALLOWED', 'GET, HEAD, DELETE, OPTIONS']);
  t.same(await ask('GET', '/api/things/x/act'), [405, 'HTTP_METHOD_NOT_ALLOWED', 'POST, OPTIONS']);
  t.same(await ask('GET', '/api/things/a/b/c'), [404, 'HTTP_NOT_FOUND', null]);
  t.same(await ask('GET', '/api/things/%ff'), [400, 'REQUEST_INVALID', null]);
  t.same(seen, []);
  const closed = await startTestFront(t, {}, { studio, authenticate: async () => Promise.reject(new AppError('ACCESS_UNAUTHENTICATED')) });
  t.equal((await fetch(`${closed.url}/api/things`)).status, 401);
  t.same(seen, []);
});

t.test('refusals have the one shape of errors, with the time to come again', async (t) => {
  const refuse: StudioRoute = {
    method: 'GET',
    pattern: '/api/refused',
    handle: async () => {
      throw new AppError('TASK_BUSY', { message: 'later', problems: [{ field: 'a', description: 'b' }], retryAfterMs: 900 });
    },
  };
  const front = await startTestFront(t, {}, { studio: [refuse] });
  const response = await fetch(`${front.url}/api/refused`);
  t.equal(response.status, 409);
  t.equal(response.headers.get('retry-after'), '1');
  t.same(await response.json(), { error: { code: 'TASK_BUSY', message: 'later', problems: [{ field: 'a', description: 'b' }] } });
});

const STUDIO_ORIGINS: readonly (readonly [string, number])[] = [
  ['Host: localhost:{port}', 200],
  ['Host: 127.0.0.1:{port}', 200],
  ['Host: [::1]:{port}', 200],
  ['Host: 10.0.0.7', 200],
  ['Host: HECTOR.example', 200],
  ['Host: localhost:{port}\r\nOrigin: http://localhost:{port}', 200],
  ['Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nSec-Fetch-Site: same-origin', 200],
  ['Host: 127.0.0.1:{port}\r\nOrigin: https://hector.example', 200],
  ['Host: hector.example\r\nOrigin: https://hector.example', 200],
  ['Host: localhost:{port}\r\nSec-Fetch-Site: none', 200],
  ['Host: localhost:{port}\r\nOrigin: https://evil.example', 403],
  ['Host: localhost:{port}\r\nOrigin: http://localhost:3', 403],
  ['Host: localhost:{port}\r\nOrigin: http://localhost:{port}.evil.example', 403],
  ['Host: localhost:{port}\r\nOrigin: null', 403],
  ['Host: localhost:{port}\r\nOrigin: file://localhost:{port}', 403],
  ['Host: localhost:{port}\r\nOrigin:', 403],
  ['Host: localhost:{port}\r\nSec-Fetch-Site: cross-site', 403],
  ['Host: localhost:{port}\r\nSec-Fetch-Site: same-site', 403],
  // DNS rebinding: the page's own name leads here.
  ['Host: evil.example:{port}', 403],
  ['Host: evil.example:{port}\r\nOrigin: http://evil.example:{port}', 403],
  ['Host: localhost.evil.example:{port}', 403],
  ['Host: 127.0.0.1.evil.example', 403],
  ['Host: user@evil.example', 403],
];

for (const http of ['uws', 'node'] as const) {
  t.test(`${http}: pages of other origins neither read nor call the management API; programs do (W-55b)`, async (t) => {
    const { seen, studio } = record();
    const front = await startTestFront(t, {}, { studio, settings: { http, publicUrl: 'https://hector.example' } });
    const ask = async (line: string, head: string): Promise<string> => {
      const client = new RawHttpClient(front.port);
      client.send(`${line} HTTP/1.1\r\n${head.replaceAll('{port}', String(front.port))}\r\n\r\n`);
      const text = await client.until('\r\n\r\n');
      client.close();
      return text;
    };
    for (const [head, status] of STUDIO_ORIGINS) {
      for (const line of ['GET /api/things', 'GET /%61pi/things', 'DELETE /api/things/x', 'POST /api/things/x/act']) {
        const before = seen.length;
        const text = await ask(line, head);
        t.match(text, new RegExp(`^HTTP/1.1 ${status} `), `${line} ${head}`);
        t.notMatch(text.toLowerCase(), /access-control/, `${line} ${head}`);
        t.equal(seen.length - before, status === 200 ? 1 : 0, 'the handler');
      }
    }
    const preflight = await ask(
      'OPTIONS /api/things/x/act',
      'Host: localhost\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST',
    );
    t.match(preflight, /^HTTP\/1.1 204 [\s\S]*allow: POST, OPTIONS/i);
    t.notMatch(preflight.toLowerCase(), /access-control/);
    t.match(
      (await ask('GET /agents', 'Host: evil.example\r\nOrigin: https://evil.example')).toLowerCase(),
      /access-control-allow-origin: \*/,
    );
  });
}
