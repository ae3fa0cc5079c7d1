import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { SigningKeySettings } from '../../src/config/settings.js';

export interface TestSigningKey {
  readonly settings: SigningKeySettings;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A fresh key pair; the private key as PEM. */
export function signingKey(kid: string, alg: SigningKeySettings['alg'], jku?: string): TestSigningKey {
  const { publicKey, privateKey } = generate(alg);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { settings: { kid, alg, privateKey: pem, jku }, publicKey, privateKey };
}

function generate(alg: SigningKeySettings['alg']) {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 });
}
