import { SignJWT } from 'jose';
import t, { type Test } from 'tap';
import { type Authenticate, createAuthenticator, type Door } from '../../../src/access/authenticate.js';
import { hasRole, localPrincipal, ownerOf } from '../../../src/access/principal.js';
import { type Clock, systemClock } from '../../../src/base/clock.js';
import { sha256Hex } from '../../../src/base/json.js';
import type { AuthSettings, TokenSettings } from '../../../src/config/settings.js';
import type { Audit, AuditRecord } from '../../../src/observe/audit.js';
import type { Logger } from '../../../src/observe/log.js';
import { AUDIENCE, type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.js';
import { createSteeredClock } from '../../support/steered-clock.js';
import { authSettings } from '../../support/test-settings.js';

interface Rig {
  readonly authenticate: Authenticate;
  /** With this token, and a path. */
  enter(
    token: string | undefined,
    options?: { readonly door?: Door; readonly path?: string; readonly header?: string },
  ): ReturnType<Authenticate>;
  /** The reason of the refusal, or 'ok'. */
  verdict(token: string | undefined, options?: { readonly door?: Door; readonly path?: string }): Promise<string>;
  readonly audited: AuditRecord[];
  readonly lines: Record<string, unknown>[];
  settings: AuthSettings;
}

function createRig(t: Test, settings: Partial<AuthSettings>, clock: Clock = systemClock, ownKey?: string): Rig {
  const lines: Record<string, unknown>[] = [];
  const write = (level: string) => (fields: Record<string, unknown>, message: string) => void lines.push({ level, message, ...fields });
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') } as unknown as Logger;
  const rig = { settings: authSettings({ enabled: true, ...settings }) };
  const audited: AuditRecord[] = [];
  const audit: Audit = { record: (act) => void audited.push(act), close() {} };
  const { authenticate, close } = createAuthenticator({ settings: () => rig.settings, clock, log, ownKey, audit });
  t.teardown(close);
  const enter: Rig['enter'] = (token, { door, path = '/agents/helper', header } = {}) => {
    const sent = header ?? (token === undefined ? undefined : `Bearer ${token}`);
    return authenticate({ headers: sent === undefined ? {} : { authorization: sent }, remoteAddress: '192.0.2.1', path }, door);
  };
  return Object.assign(rig, {
    authenticate,
    lines,
    audited,
    enter,
    async verdict(token: string | undefined, options?: { readonly door?: Door }) {
      try {
        await enter(token, options);
        return 'ok';
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const { code, details } = error as Error & { code: string; details: Record<string, unknown> };
        return String(details['reason'] ?? code);
      }
    },
  });
}

function tokens({ jwksUrl, issuer }: IdentityProvider, change: Partial<TokenSettings> = {}): Partial<AuthSettings> {
  return { jwksUrl, issuer, audience: AUDIENCE, ...change };
}

const KEY = 'a-key-that-nobody-guesses';
const hashOf = (key: string) => `sha256:${sha256Hex(key)}`;
const apiKey = { name: 'ci', hash: hashOf(KEY), subject: 'robot', role: 'operator', tenant: undefined, expiresAt: undefined };

t.test('with authentication off, everybody is the one local user, whatever they send (decision 13)', async (t) => {
  const rig = createRig(t, { enabled: false });
  t.equal(await rig.enter(undefined), localPrincipal);
  t.equal(await rig.enter('nonsense', { door: 'manage' }), localPrincipal);
  t.same(rig.audited, []);
});

t.test('a token tells who calls, with what roles and of what tenant (SEC-01, SEC-02)', async (t) => {
  const provider = await startIdentityProvider(t);
  const rig = createRig(t, { ...tokens(provider, { roleClaim: 'realm_access.roles' }) });
  const claims = {
    sub: 'ann',
    name: 'Ann',
    email: 'ann@example.com',
    tenant_id: 'acme',
    realm_access: { roles: ['admin', 7, ''] },
    more: [1],
  };
  const principal = await rig.enter(await provider.token(claims));
  t.match(principal, { subject: 'ann', authenticated: true, name: 'Ann', email: 'ann@example.com', tenant: 'acme', claims: { more: [1] } });
  t.same(principal.roles, ['admin']);
  t.equal(hasRole(principal, ['admin', 'other']), true);
  t.equal(hasRole(principal, ['other']), false);
  t.equal(ownerOf(principal), 'tenant:acme/ann');
  const plain = await rig.enter(await provider.token({ 'realm_access.roles': 'viewer' }));
  t.same([ownerOf(plain), plain.roles], ['ann', ['viewer']], 'a claim whose name has a dot comes first');
});

t.test('a token is refused for whatever is wrong with it (SEC-01, SEC-04)', async (t) => {
  const provider = await startIdentityProvider(t);
  const rig = createRig(t, { ...tokens(provider, { refreshCooldownMs: 100 }), apiKeys: [apiKey] });
  const now = Math.floor(Date.now() / 1000);
  const good = await provider.token();
  const [head = '', body = '', signature = ''] = good.split('.');
  const other = await provider.newKey();
  const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const publicJwk = JSON.stringify(provider.keys[0]?.jwk);
  const confused = new SignJWT({ iss: provider.issuer, aud: AUDIENCE, sub: 'ann', exp: now + 60 });
  const cases: Readonly<Record<string, readonly [token: string | Promise<string>, verdict: string]>> = {
    good: [good, 'ok'],
    'expired within the skew': [provider.token({}, { expiresAt: now - 50 }), 'ok'],
    expired: [provider.token({}, { expiresAt: now - 70 }), 'expired'],
    'without exp': [provider.token({ exp: undefined as unknown as number }), 'claims'],
    'valid soon': [provider.token({ nbf: now + 50 }), 'ok'],
    'valid later': [provider.token({ nbf: now + 70 }), 'not-yet'],
    'wrong issuer': [provider.token({ iss: 'https://somebody.else' }), 'issuer'],
    'wrong audience': [provider.token({ aud: 'somebody else' }), 'audience'],
    'one of several audiences': [provider.token({ aud: ['x', AUDIENCE] }), 'ok'],
    'without sub': [provider.token({ sub: undefined as unknown as string }), 'subject'],
    'a subject with a line break': [provider.token({ sub: 'ann\nadmin' }), 'subject'],
    'a subject that is kept for nobody': [provider.token({ sub: 'anonymous' }), 'subject'],
    'a subject that looks like a tenant': [provider.token({ sub: 'tenant:acme/ann' }), 'subject'],
    'the local user': [provider.token({ sub: 'local' }), 'subject'],
    'a tenant that is no text': [provider.token({ tenant_id: 7 }), 'tenant'],
    'alg none': [`${json({ alg: 'none' })}.${body}.x`, 'algorithm'],
    'alg none without a signature': [`${json({ alg: 'none' })}.${body}.`, 'unknown'],
    'HS256 with the public key as secret': [
      confused.setProtectedHeader({ alg: 'HS256', kid: 'key-1' }).sign(new TextEncoder().encode(publicJwk)),
      'algorithm',
    ],
    'a key of its own in the header': [provider.token({}, { key: other, header: { kid: undefined, jwk: other.jwk } }), 'signature'],
    'a key id of ours, another key': [provider.token({}, { key: { ...other, kid: 'key-1' } }), 'signature'],
    'a key id that is a path': [provider.token({}, { header: { kid: '../../etc/passwd' } }), 'key'],
    'an address of keys in the header': [provider.token({}, { key: other, header: { jku: `${provider.issuer}/other` } }), 'key'],
    'another algorithm than the key has': [`${json({ alg: 'RS256', kid: 'key-1' })}.${body}.${signature}`, 'key'],
    'a header that must be understood': [`${json({ alg: 'ES256', kid: 'key-1', crit: ['x'], x: 1 })}.${body}.${signature}`, 'algorithm'],
    'changed by a letter': [`${head}.${body.slice(0, -2)}AA.${signature}`, 'signature'],
    'not base64': ['a.b.c', 'malformed'],
    'a key that nobody gave out': ['x'.repeat(40), 'unknown'],
    'a key of ours': [KEY, 'ok'],
  };
  for (const [name, [token, verdict]] of Object.entries(cases)) t.equal(await rig.verdict(await token), verdict, name);
});

t.test('a key opens until it expires, and whoever has none of them is refused (SEC-03)', async (t) => {
  const clock = createSteeredClock();
  const keys = Array.from({ length: 5 }, (_, index) => ({ ...apiKey, name: `k${index}`, hash: hashOf(`${KEY} ${index}`) }));
  const rig = createRig(
    t,
    { apiKeys: [...keys, { ...apiKey, tenant: 'acme', expiresAt: new Date(clock.now() + 1_000).toISOString() }] },
    clock,
  );
  t.match(await rig.enter(KEY), { subject: 'robot', roles: ['operator'], tenant: 'acme', name: 'ci', authenticated: true });
  t.equal(await rig.verdict(undefined), 'ACCESS_UNAUTHENTICATED');
  t.equal(await rig.verdict(`${KEY}x`), 'unknown');
  t.equal(await rig.verdict('e30.e30.e30'), 'unknown', 'without jwks_url, what looks like a token is none');
  for (const header of ['', 'Bearer', 'Bearer ', `Basic ${KEY}`, `Bearer ${KEY}, Bearer ${KEY}`, `Bearer ${KEY}\u00e9`])
    await t.rejects(
      async () => rig.enter(undefined, { header }),
      { code: 'ACCESS_TOKEN_INVALID', details: { reason: 'malformed' } },
      header,
    );
  t.equal((await rig.enter(undefined, { header: `bearer   ${KEY}` })).subject, 'robot');
  await clock.advance(1_000);
  t.equal(await rig.verdict(KEY), 'expired');
});

t.test('who must show credentials depends on the door, and what is sent must be right everywhere (SEC-04, SEC-05, SEC-06)', async (t) => {
  const settings = { apiKeys: [apiKey], excludedPaths: ['/open', '/below/*'] };
  const strict = createRig(t, settings);
  const lenient = createRig(t, { ...settings, requireAuth: false });
  const refused = 'ACCESS_UNAUTHENTICATED';
  // biome-ignore format: a table reads best as one
  const table: readonly [door: Door, path: string, strict: string, lenient: string][] = [
    ['call', '/agents/helper', refused, 'ok'],
    ['look', '/agents/helper', 'ok', 'ok'],
    ['manage', '/api/sessions', refused, refused],
    ['manage', '/open', refused, refused],
    ['call', '/open', 'ok', 'ok'],
    ['call', '/open/more', refused, 'ok'],
    ['call', '/OPEN', refused, 'ok'],
    ['call', '/below/more/and/more', 'ok', 'ok'],
    ['call', '/below', refused, 'ok'],
    ['call', '/below%2fmore', refused, 'ok'],
  ];
  for (const [door, path, whenStrict, whenLenient] of table) {
    t.same(
      [await strict.verdict(undefined, { door, path }), await lenient.verdict(undefined, { door, path })],
      [whenStrict, whenLenient],
      `${door} ${path}`,
    );
    t.same(
      [await strict.verdict('wrong', { door, path }), await lenient.verdict('wrong', { door, path })],
      ['unknown', 'unknown'],
      `wrong at ${door} ${path}`,
    );
    t.same([await strict.verdict(KEY, { door, path }), await lenient.verdict(KEY, { door, path })], ['ok', 'ok']);
  }
  t.match(await lenient.enter(undefined), { subject: 'anonymous', authenticated: false, address: '192.0.2.1' });
});

t.test('a key of its own opens everything to who started the process (CLI)', async (t) => {
  const rig = createRig(t, { apiKeys: [apiKey] }, systemClock, 'own-key-of-this-process');
  const principal = await rig.enter('own-key-of-this-process', { door: 'manage' });
  t.match(principal, { subject: 'local', isUnrestricted: true });
  t.equal(hasRole(principal, ['anything']), true);
});

t.test('a changed configuration holds from the next request on, and keys that stay are not fetched again', async (t) => {
  const provider = await startIdentityProvider(t);
  const rig = createRig(t, { ...tokens(provider) });
  const token = await provider.token();
  t.equal(await rig.verdict(token), 'ok');
  rig.settings = authSettings({ enabled: true, ...tokens(provider), apiKeys: [apiKey] });
  t.same([await rig.verdict(KEY), await rig.verdict(token)], ['ok', 'ok']);
  t.equal(provider.fetches, 1);
  rig.settings = authSettings({ enabled: true, ...tokens(provider, { audience: 'another' }) });
  t.same([await rig.verdict(KEY), await rig.verdict(token)], ['unknown', 'audience']);
  t.equal(provider.fetches, 2);
});

t.test('each attempt is told to the audit, without what was sent (SEC-16, SEC-17)', async (t) => {
  const rig = createRig(t, { apiKeys: [apiKey] });
  for (const token of [KEY, 'wrong secret', undefined]) await rig.verdict(token);
  const common = { action: 'auth.authenticate', remoteAddress: '192.0.2.1' };
  t.same(rig.audited, [
    { ...common, user: 'robot', success: true, credential: 'api_key' },
    { ...common, user: '', success: false, error: 'malformed', credential: 'token' },
    { ...common, user: '', success: false, error: 'missing', credential: 'none' },
  ]);
});
