/** A key of Consul's KV store over its HTTP API: `ModifyIndex` is the revision, blocking queries tell of changes. */
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import { MAX_CONFIG_BYTES } from '../read-config-file.js';
import { createRotation, notTaken, refused, tooLarge, unavailable } from './remote-failures.js';
import type { RemoteAddress, RemotePlace } from './remote-place.js';
import { type RemoteAnswer, type RemoteRequest, sendRequest } from './remote-request.js';
import type { RemoteReading, RemoteStore } from './remote-store.js';

export function createConsulStore(place: RemotePlace): RemoteStore {
  const atAny = createRotation(place);
  const path = `/v1/kv/${place.key.split('/').map(encodeURIComponent).join('/')}`;
  const headers: Record<string, string> = place.token === '' ? {} : { 'x-consul-token': place.token };

  const send = (request: RemoteRequest, wish: 'read' | 'write', signal: AbortSignal): Promise<RemoteAnswer> =>
    atAny(signal, async (address) => {
      const answer = await sendRequest(place, address, { ...request, headers }, signal);
      assertAnswered(answer, address, wish);
      return answer;
    });

  const assertAnswered = ({ status, text }: RemoteAnswer, address: RemoteAddress, wish: 'read' | 'write') => {
    if (status === 200 || status === 404 || status === 409) return;
    if (status === 401 || status === 403) throw refused(place, wish, `HTTP ${status}: ${text}`);
    if (status === 400) throw notTaken(place, text);
    if (status === 413) throw tooLarge(place, wish);
    throw unavailable(place, address, `HTTP ${status}: ${text}`);
  };

  const get = async (signal: AbortSignal, query = ''): Promise<RemoteReading> => {
    const { status, headers: told, text } = await send({ method: 'GET', path: `${path}${query}` }, 'read', signal);
    // An index that is none, or went back, must not be waited for: 1 is always older than what is there.
    const position = String(Math.max(1, Number(told['x-consul-index']) || 1));
    if (status === 404) return { value: undefined, position };
    const [entry] = parseList(text, place);
    return {
      value: { bytes: Buffer.from(typeof entry?.Value === 'string' ? entry.Value : '', 'base64'), revision: String(entry?.ModifyIndex) },
      position,
    };
  };

  return {
    // How much less it takes is said by each Consul itself: by default a message of 512 KiB, in which the text is a third longer.
    maxBytes: MAX_CONFIG_BYTES,
    howToWrite: `consul kv put ${place.key} @hector.yaml`,
    get: (signal) => get(signal),
    async put(bytes, expected, signal) {
      // A transaction answers with the new index; a plain write would have to be read back, when it may be somebody else's.
      const set = { KV: { Verb: 'cas', Key: place.key, Value: bytes.toString('base64'), Index: Number(expected) } };
      const { status, text } = await send({ method: 'PUT', path: '/v1/txn', body: [set] }, 'write', signal);
      const answer = parseObject(text, place);
      const results = Array.isArray(answer.Results) ? answer.Results : [];
      const written = isJsonObject(results[0]) && isJsonObject(results[0].KV) ? results[0].KV.ModifyIndex : undefined;
      if (status === 200 && written !== undefined) return String(written);
      const { value } = await get(signal);
      if (value?.revision !== expected) return undefined;
      const errors = Array.isArray(answer.Errors) ? answer.Errors : [];
      throw refused(place, 'write', errors.map((error) => (isJsonObject(error) ? String(error.What) : '')).join('; '));
    },
    async awaitChange(position, signal) {
      await get(signal, `?index=${position}&wait=${WAIT}`);
    },
  };
}

function parseList(text: string, place: RemotePlace): readonly JsonObject[] {
  const value = parse(text);
  if (Array.isArray(value) && isJsonObject(value[0]) && typeof value[0].ModifyIndex === 'number') return value as JsonObject[];
  throw noConsul(place);
}

function parseObject(text: string, place: RemotePlace): JsonObject {
  const value = parse(text);
  if (isJsonObject(value)) return value;
  throw noConsul(place);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of something else; whoever asked says so.
    return undefined;
  }
}

function noConsul({ addresses: [address] }: RemotePlace): AppError {
  return new AppError('CONFIG_UNREADABLE', { message: `what answers at ${address?.host}:${address?.port} is not Consul` });
}

/** Shorter than the watch waits at most, so that a connection that is well ends by itself. */
const WAIT = '50s';
