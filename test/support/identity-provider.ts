/** An identity provider: keys over real HTTP, tokens signed with them, and whatever goes wrong with either. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export interface TokenOptions {
  /** Default: the newest. */
  readonly key?: ProviderKey;
  /** Members of the header beside `alg` and `kid`; `undefined` takes one away. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Seconds. Default: an hour from now. */
  readonly expiresAt?: number;
}

export interface ProviderKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export interface IdentityProvider {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** As `server.auth` wants them. */
  readonly config: { readonly enabled: true; readonly jwks_url: string; readonly issuer: string; readonly audience: string };
  /** Those that are published. */
  keys: ProviderKey[];
  /** Requests for the keys so far. */
  readonly fetches: number;
  /** In place of the keys. `undefined`: the keys. */
  answer: ((response: ServerResponse) => void) | undefined;
  newKey(alg?: string): Promise<ProviderKey>;
  /** A new key, published in place of all others. */
  rotate(): Promise<ProviderKey>;
  token(claims?: JWTPayload, options?: TokenOptions): Promise<string>;
}

export const AUDIENCE = 'hector-test';

export async function startIdentityProvider(t: { teardown(run: () => unknown): unknown }): Promise<IdentityProvider> {
  let fetches = 0;
  let made = 0;
  const server = createServer((_, response) => {
    fetches += 1;
    if (provider.answer !== undefined) return provider.answer(response);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: provider.keys.map(({ jwk }) => jwk) }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const jwksUrl = `${issuer}/keys.json`;
  const provider: IdentityProvider = {
    issuer,
    jwksUrl,
    config: { enabled: true, jwks_url: jwksUrl, issuer, audience: AUDIENCE },
    keys: [],
    answer: undefined,
    get fetches() {
      return fetches;
    },
    async newKey(alg = 'ES256') {
      const kid = `key-${++made}`;
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
      return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
    },
    async rotate() {
      const key = await provider.newKey();
      provider.keys = [key];
      return key;
    },
    token(claims = {}, { key = provider.keys.at(-1) as ProviderKey, header = {}, expiresAt } = {}) {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: issuer, aud: AUDIENCE, sub: 'ann', iat: now, exp: expiresAt ?? now + 3600, ...claims })
        .setProtectedHeader(JSON.parse(JSON.stringify({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })) as { alg: string })
        .sign(key.privateKey);
    },
  };
  await provider.rotate();
  return provider;
}
