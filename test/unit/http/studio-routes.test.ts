import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { StudioRequest, StudioRoute } from '../../../src/studio/studio-route.js';
import { startTestFront } from '../../support/front-rig.js';

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
