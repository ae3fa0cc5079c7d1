import t from 'tap';
import type { CorsSettings } from '../../../src/config/settings.js';
import { preflightResponse, withCors } from '../../../src/http/cors.js';
import { startTestFront } from '../../support/front-rig.js';
import { corsSettings } from '../../support/test-settings.js';

const answer = { status: 200, headers: { vary: 'Accept' }, body: '' };
const ask = (origin: string | undefined, settings: CorsSettings) =>
  withCors(answer, { headers: origin === undefined ? {} : { origin } }, { settings: () => settings, speaksLegacy: () => false }).headers;

t.test('any origin, without credentials, is the default (API-65)', async (t) => {
  for (const origin of [undefined, 'https://a.example', 'null'])
    t.match(ask(origin, corsSettings()), { 'access-control-allow-origin': '*', vary: 'Accept' });
  t.notHas(ask('https://a.example', { ...corsSettings(), allowCredentials: true }), { 'access-control-allow-credentials': 'true' });
});

t.test('an origin is allowed when it stands in the list letter by letter, and no other is repeated (API-66, W-54)', async (t) => {
  const settings = corsSettings({ allowedOrigins: ['https://app.example', 'http://localhost:3000'], allowCredentials: true });
  t.match(ask('https://app.example', settings), {
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': /Retry-After, X-RateLimit-Limit/,
    vary: 'Accept, Origin',
  });
  t.match(ask('http://localhost:3000', settings), { 'access-control-allow-origin': 'http://localhost:3000' });
  const others = [
    undefined,
    'null',
    'https://app.example.evil.example',
    'https://evil-app.example',
    'http://app.example',
    'https://APP.example',
  ];
  for (const origin of [...others, 'https://app.example:444', 'https://sub.app.example', 'https://app.example/', 'http://localhost']) {
    const headers = ask(origin, settings);
    t.same(
      Object.keys(headers).filter((name) => name.startsWith('access-control')),
      [],
      String(origin),
    );
    t.equal(headers.vary, 'Accept, Origin', 'no cache in between mixes them up');
  }
});

t.test('a preflight tells the methods, headers and time of the configuration (API-66, W-54)', async (t) => {
  const settings = corsSettings({ allowedMethods: ['GET'], allowedHeaders: ['X-Own'], maxAgeMs: 86_400_000 });
  t.match(preflightResponse('GET, POST', { settings: () => settings, speaksLegacy: () => true }), {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'X-Own, X-A2A-Extensions',
      'access-control-max-age': '86400',
      allow: 'GET, POST',
    },
  });
});

for (const http of ['uws', 'node'] as const)
  t.test(`${http}: settings that are replaced hold for the next answer; refusals and failures have the same headers`, async (t) => {
    let cors = corsSettings({ allowedOrigins: ['https://app.example'] });
    const front = await startTestFront(t, {}, { settings: { http }, limits: { maxBodyBytes: 100 }, cors: () => cors });
    const from = (origin: string, path = '/agents', init: RequestInit = {}) =>
      fetch(`${front.url}${path}`, { ...init, headers: { origin } });
    const allowed = async (response: Promise<Response>) => (await response).headers.get('access-control-allow-origin');
    t.equal(await allowed(from('https://app.example')), 'https://app.example');
    t.equal(await allowed(from('https://other.example')), null);
    t.equal(await allowed(from('https://app.example', '/none')), 'https://app.example', 'a failure can be read too');
    const large = { method: 'POST', body: 'x'.repeat(1_000) };
    t.equal(await allowed(from('https://app.example', '/agents/helper', large)), 'https://app.example', 'so can a refusal');
    const preflight = from('https://other.example', '/agents/helper', { method: 'OPTIONS' });
    t.equal(await allowed(preflight), null);
    t.equal((await preflight).status, 204);
    cors = corsSettings({ allowedOrigins: ['https://other.example'] });
    t.equal(await allowed(from('https://other.example')), 'https://other.example');

    for (const path of ['/', '/health', '/agents', '/none', '/api/tasks']) {
      const { headers } = await fetch(`${front.url}${path}`);
      t.equal(headers.get('x-content-type-options'), 'nosniff', path);
      t.equal(headers.get('x-frame-options'), 'DENY', path);
      t.equal(headers.get('referrer-policy'), 'no-referrer', path);
    }
    const { headers } = await from('https://app.example', '/agents/helper', large);
    t.equal(headers.get('x-content-type-options'), 'nosniff', 'what the server itself refuses');
  });
