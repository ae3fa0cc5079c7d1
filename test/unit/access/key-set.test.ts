import type { ServerResponse } from 'node:http';
import * as jose from 'jose';
import t, { type Test } from 'tap';
import { KeySet } from '../../../src/access/key-set.js';
import { TokenVerifier } from '../../../src/access/token-verifier.js';
import { systemClock } from '../../../src/base/clock.js';
import type { TokenSettings } from '../../../src/config/settings.js';
import { silentLogger } from '../../../src/observe/log.js';
import { AUDIENCE, type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.js';
import { createSteeredClock, type SteeredClock } from '../../support/steered-clock.js';
import { authSettings } from '../../support/test-settings.js';

const COOLDOWN = 5_000;
const MAX_AGE = 3_600_000;
const REFRESH = 900_000;
const FETCH_TIMEOUT = 1_000;

async function createRig(t: Test, change: Partial<TokenSettings> = {}, clock: SteeredClock = createSteeredClock(Date.now())) {
  const provider = await startIdentityProvider(t);
  const settings: TokenSettings = {
    ...authSettings({ jwksUrl: provider.jwksUrl, issuer: provider.issuer, audience: AUDIENCE, keysMaxAgeMs: MAX_AGE }),
    ...{ refreshIntervalMs: REFRESH, refreshCooldownMs: COOLDOWN, fetchTimeoutMs: FETCH_TIMEOUT },
    ...change,
  };
  const verifier = await TokenVerifier.create({ settings, clock, log: silentLogger });
  t.teardown(() => verifier.close());
  const verdict = async (token: string | Promise<string>): Promise<string> =>
    verifier.verify(await token).then(
      () => 'ok',
      (error: Error & { code: string; details: Record<string, unknown> }) => String(error.details['reason'] ?? error.code),
    );
  const token = (key = provider.keys[0]): Promise<string> =>
    provider.token({}, { ...(key === undefined ? {} : { key }), expiresAt: 9_999_999_999 });
  return { provider, clock, verifier, verdict, token };
}

/** Lets the fetch that is due begin, and end: then the next one is far away. */
async function untilFetched(clock: SteeredClock, provider: IdentityProvider, ms: number): Promise<void> {
  const before = provider.fetches;
  await clock.advance(ms);
  while (provider.fetches === before || (await clock.untilPending()) <= FETCH_TIMEOUT)
    await new Promise((resolve) => setImmediate(resolve));
}

t.test('a new key works from its first token on, and one that is published no more works no more (SEC-01)', async (t) => {
  const { provider, clock, verdict, token } = await createRig(t);
  const old = provider.keys[0];
  t.equal(await verdict(token()), 'ok');
  await provider.rotate();
  const [first, second, third] = await Promise.all([token(), token(), token(old)]);
  const waiting = Promise.all([verdict(first), verdict(second), verdict(third)]);
  await untilFetched(clock, provider, COOLDOWN);
  t.same(await waiting, ['ok', 'ok', 'ok'], 'what the key of before has signed is good until the fetch');
  t.equal(provider.fetches, 2, 'whoever waits shares one fetch');
  const late = verdict(third);
  await untilFetched(clock, provider, COOLDOWN);
  t.equal(await late, 'key');
});

t.test('made-up key ids make no more fetches than the cool-down allows, and hold up nobody else', async (t) => {
  const { provider, clock, verdict, token } = await createRig(t);
  t.equal(await verdict(token()), 'ok');
  const stranger = await provider.newKey();
  const made = await Promise.all(Array.from({ length: 200 }, (_, index) => token({ ...stranger, kid: `made-up-${index}` })));
  const attack = Promise.all(made.map(verdict));
  await clock.advance(COOLDOWN - 1);
  t.equal(provider.fetches, 1);
  t.equal(await verdict(token()), 'ok', 'a known key waits for nobody');
  await untilFetched(clock, provider, 1);
  t.same(new Set(await attack), new Set(['key']));
  t.equal(provider.fetches, 2);
});

t.test('while there are no keys, only so many tokens wait for them; others are told at once', async (t) => {
  const provider = await startIdentityProvider(t);
  provider.answer = () => undefined;
  const settings = authSettings({ jwksUrl: provider.jwksUrl, refreshCooldownMs: COOLDOWN, fetchTimeoutMs: FETCH_TIMEOUT });
  const keys = new KeySet({ settings, jose, clock: createSteeredClock(Date.now()), log: silentLogger });
  t.teardown(() => keys.close());
  const told: string[] = [];
  const asked = Array.from({ length: 1_200 }, async () => {
    try {
      await keys.getKey({ alg: 'RS256', kid: 'any' }, { payload: '', signature: '' });
    } catch (error) {
      told.push((error as Error & { code: string }).code);
    }
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(told.length, 200);
  keys.close();
  await Promise.all(asked);
  t.same(new Set(told), new Set(['ACCESS_KEYS_UNAVAILABLE']));
  t.equal(told.length, 1_200);
});

t.test('keys are fetched by themselves, and those fetched last hold while the provider is away, for so long (SEC-01)', async (t) => {
  const { provider, clock, verdict, token } = await createRig(t);
  t.equal(await verdict(token()), 'ok');
  await untilFetched(clock, provider, REFRESH);
  t.equal(provider.fetches, 2, 'nobody asked');
  provider.answer = (response) => response.writeHead(500).end();
  const fetchedAt = clock.monotonic();
  await untilFetched(clock, provider, REFRESH);
  t.equal(await verdict(token()), 'ok');
  const strange = await token(await provider.newKey());
  const stranger = verdict(strange);
  await untilFetched(clock, provider, COOLDOWN);
  t.equal(await stranger, 'ACCESS_KEYS_UNAVAILABLE', "it may be a new key: our fault, not the token's");
  while (clock.monotonic() - fetchedAt <= MAX_AGE) await untilFetched(clock, provider, 30_000);
  const good = await token();
  const tooOld = verdict(good);
  await untilFetched(clock, provider, COOLDOWN);
  t.equal(await tooOld, 'ACCESS_KEYS_UNAVAILABLE');
  provider.answer = undefined;
  const back = verdict(good);
  await untilFetched(clock, provider, COOLDOWN);
  t.equal(await back, 'ok', 'and back by itself');
});

t.test('whatever stands at the address instead of keys changes nothing (SEC-01)', async (t) => {
  const { provider, clock, verdict, token } = await createRig(t);
  t.equal(await verdict(token()), 'ok');
  const old = provider.keys[0];
  const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'not found': (response) => response.writeHead(404).end('{"keys":[]}'),
    // With keys behind it, which nobody may take.
    'a redirect': (response) =>
      response.req.url === '/elsewhere' ? response.end('{"keys":[]}') : response.writeHead(302, { location: '/elsewhere' }).end(),
    'a page': (response) => response.end('<html>log in</html>'),
    'other JSON': (response) => response.end('{"keys":{}}'),
    'a list': (response) => response.end('[]'),
    huge: (response) => response.end(`{"keys":[],"more":"${'x'.repeat(1024 * 1024)}"}`),
    'too many': (response) => response.end(JSON.stringify({ keys: Array.from({ length: 101 }, () => old?.jwk) })),
    'cut off': (response) => response.write('{"keys":[', () => response.destroy()),
    'no answer': (response) => response.destroy(),
  };
  for (const [name, answer] of Object.entries(answers)) {
    provider.answer = answer;
    const strange = await token(await provider.newKey());
    const stranger = verdict(strange);
    await untilFetched(clock, provider, COOLDOWN);
    t.same([await stranger, await verdict(token(old))], ['ACCESS_KEYS_UNAVAILABLE', 'ok'], name);
  }
});

t.test('an answer that takes too long is given up (SEC-01)', async (t) => {
  const provider = await startIdentityProvider(t);
  provider.answer = (response) => response.write('{"keys":');
  const settings = authSettings({ jwksUrl: provider.jwksUrl, refreshCooldownMs: 100, fetchTimeoutMs: 100 });
  const keys = new KeySet({ settings, jose, clock: systemClock, log: silentLogger });
  t.teardown(() => keys.close());
  const header = jose.decodeProtectedHeader(await provider.token()) as jose.CompactJWSHeaderParameters;
  const getKey = async () => keys.getKey(header, {} as jose.FlattenedJWSInput);
  await t.rejects(getKey(), { code: 'ACCESS_KEYS_UNAVAILABLE' });
});

t.test('only public keys for signatures count, of whatever kind (SEC-01)', async (t) => {
  const { provider, clock, verifier, verdict, token } = await createRig(t);
  const kinds = await Promise.all(['RS256', 'PS512', 'ES384', 'EdDSA'].map((alg) => provider.newKey(alg)));
  const [secret, encryption, leaked] = await Promise.all([provider.newKey(), provider.newKey(), provider.newKey()]);
  const published = (key: typeof secret, jwk: jose.JWK) => ({ ...key, jwk: { ...jwk, kid: key.kid } });
  provider.keys = [
    ...kinds,
    published(secret, { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }),
    published(encryption, { ...encryption.jwk, use: 'enc' }),
    published(leaked, { ...leaked.jwk, d: 'AAAA' }),
  ];
  const signed = await token(kinds[0]);
  const first = verdict(signed);
  await untilFetched(clock, provider, COOLDOWN);
  t.same([await first, ...(await Promise.all(kinds.map((key) => verdict(token(key)))))], ['ok', 'ok', 'ok', 'ok', 'ok']);
  for (const key of [encryption, leaked]) {
    const signedByIt = await token(key);
    const refused = verdict(signedByIt);
    await untilFetched(clock, provider, COOLDOWN);
    t.equal(await refused, 'key');
  }
  // Two keys that fit, and no key id: each is tried.
  const second = await provider.newKey('RS256');
  provider.keys = [kinds[0] as typeof second, second].map((key) => ({ ...key, jwk: { ...key.jwk, alg: undefined as never } }));
  const unnamed = await provider.token({}, { key: second, header: { kid: undefined }, expiresAt: 9_999_999_999 });
  t.equal(await verdict(unnamed), 'signature', 'by the keys of before');
  await untilFetched(clock, provider, REFRESH);
  t.match(await verifier.verify(unnamed), { subject: 'ann' });
});
