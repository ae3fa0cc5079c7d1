/** Private keys as they stand in the configuration. No message tells anything of a key's text. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { AppError } from '../base/errors.js';

export type SigningAlgorithm = 'ES256' | 'EdDSA' | 'RS256';

const MIN_RSA_BITS = 2048;

/** What each algorithm needs, in words. */
const WANTED: Readonly<Record<SigningAlgorithm, string>> = {
  ES256: 'an EC key on the curve P-256',
  EdDSA: 'an Ed25519 key',
  RS256: `an RSA key of at least ${MIN_RSA_BITS} bits`,
};

/** @throws AppError `CONFIG_INVALID` that says what is wrong and what is wanted. */
export function parseSigningKey(text: string, algorithm: SigningAlgorithm): KeyObject {
  const key = readKey(text.trim());
  const wanted = WANTED[algorithm];
  if (key === undefined)
    throw refusal(`the key (not shown) cannot be read; wanted ${wanted}, private and without a passphrase, as PEM or JWK`);
  if (!fits(key, algorithm)) throw refusal(`the key (not shown) is ${describeKey(key)}; ${algorithm} wants ${wanted}`);
  return key;
}

function readKey(text: string): KeyObject | undefined {
  try {
    if (text.startsWith('{')) return createPrivateKey({ key: JSON.parse(text), format: 'jwk' });
    // Variables often hold a PEM in one line, with its line breaks written as \n.
    return createPrivateKey(text.replaceAll('\\n', '\n'));
  } catch {
    // The reason could quote the key; the caller says what would fit.
    return undefined;
  }
}

function fits({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject, algorithm: SigningAlgorithm): boolean {
  if (algorithm === 'ES256') return type === 'ec' && details?.namedCurve === 'prime256v1';
  if (algorithm === 'EdDSA') return type === 'ed25519';
  return type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS;
}

function describeKey({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  const size = details?.namedCurve ?? (details?.modulusLength === undefined ? '' : `${details.modulusLength} bits`);
  return `of the kind ${type}${size === '' ? '' : ` (${size})`}`;
}

function refusal(message: string): AppError {
  return new AppError('CONFIG_INVALID', { message });
}
