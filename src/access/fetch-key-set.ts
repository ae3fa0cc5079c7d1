/** One fetch of a JWK set. */
import type { JSONWebKeySet, JWK } from 'jose';
import type { Clock } from '../base/clock.js';
import { isJsonObject } from '../base/json.js';

export interface FetchKeySetOptions {
  readonly url: string;
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Its asymmetric keys for signatures. @throws Error that says what is wrong with the answer. */
export async function fetchKeySet({ url, timeoutMs, clock, signal }: FetchKeySetOptions): Promise<JSONWebKeySet> {
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort(new Error(`no whole answer within ${timeoutMs} ms`)));
  try {
    const response = await fetch(url, {
      // Whoever is redirected to would choose who may call.
      redirect: 'error',
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.any([late.signal, signal]),
    });
    if (!response.ok) throw new Error(`it answered HTTP ${response.status}`);
    return readKeySet(await readText(response));
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    cancel();
    // Ends an answer that was left in the middle.
    late.abort();
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`its answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readKeySet(text: string): JSONWebKeySet {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('its answer is not JSON');
  }
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys)) throw new Error('its answer is no JWK set: there is no list keys');
  if (keys.length > MAX_KEYS) throw new Error(`its answer has more than ${MAX_KEYS} keys`);
  return { keys: (keys as readonly unknown[]).filter(isPublicKey) };
}

/** A secret would make everybody who knows it an issuer; a private key says that something went wrong there. */
function isPublicKey(key: unknown): key is JWK {
  return isJsonObject(key) && ASYMMETRIC.has(String(key['kty'])) && key['d'] === undefined && key['k'] === undefined;
}

const ASYMMETRIC: ReadonlySet<string> = new Set(['RSA', 'EC', 'OKP']);
const MAX_BYTES = 1024 * 1024;
const MAX_KEYS = 100;
