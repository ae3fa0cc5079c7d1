/** A key of etcd 3 over its JSON gateway: `mod_revision` is the revision, a stream of `/v3/watch` tells of changes. */
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../../base/json.js';
import { MAX_CONFIG_BYTES } from '../read-config-file.js';
import { createRotation, refused, unavailable } from './remote-failures.js';
import type { RemoteAddress, RemotePlace } from './remote-place.js';
import { sendRequest, streamRequest } from './remote-request.js';
import type { RemoteStore } from './remote-store.js';

type Wish = 'read' | 'write';

export function createEtcdStore(place: RemotePlace): RemoteStore {
  const atAny = createRotation(place);
  const key = base64(place.key);

  const post = async (address: RemoteAddress, path: string, body: unknown, wish: Wish, signal: AbortSignal, headers = {}) => {
    const { status, text } = await sendRequest(place, address, { method: 'POST', path, body, headers }, signal);
    const answer = parseJsonObject(text);
    if (status !== 200) throw failure(place, address, wish, status, answer);
    if (answer === undefined) throw noEtcd(address);
    return answer;
  };

  /** A token of etcd ends by itself and with every change of rights: each operation has its own. */
  const identify = async (address: RemoteAddress, wish: Wish, signal: AbortSignal): Promise<Record<string, string>> => {
    if (place.token !== '') return { authorization: place.token };
    if (place.username === '') return {};
    const who = { name: place.username, password: place.password };
    const { token } = await post(address, '/v3/auth/authenticate', who, wish, signal);
    return { authorization: String(token) };
  };

  const call = (path: string, body: unknown, wish: Wish, signal: AbortSignal): Promise<JsonObject> =>
    atAny(signal, async (address) => post(address, path, body, wish, signal, await identify(address, wish, signal)));

  return {
    maxBytes: MAX_CONFIG_BYTES,
    howToWrite: `etcdctl put ${place.key} < hector.yaml`,
    async get(signal) {
      const { header, kvs } = await call('/v3/kv/range', { key }, 'read', signal);
      const position = isJsonObject(header) ? String(header.revision) : '0';
      const [entry] = Array.isArray(kvs) ? kvs : [];
      if (!isJsonObject(entry)) return { value: undefined, position };
      // What is empty is left out.
      const bytes = Buffer.from(typeof entry.value === 'string' ? entry.value : '', 'base64');
      return { value: { bytes, revision: String(entry.mod_revision) }, position };
    },
    async put(bytes, expected, signal) {
      const compare = [{ target: 'MOD', result: 'EQUAL', key, mod_revision: expected }];
      const success = [{ request_put: { key, value: bytes.toString('base64') } }];
      const { succeeded, header } = await call('/v3/kv/txn', { compare, success }, 'write', signal);
      return succeeded === true && isJsonObject(header) ? String(header.revision) : undefined;
    },
    awaitChange: (position, signal) =>
      atAny(signal, async (address) => {
        const headers = await identify(address, 'read', signal);
        const body = { create_request: { key, start_revision: String(BigInt(position) + 1n) } };
        const changes = createChangeReader(place, address);
        await streamRequest(place, address, { method: 'POST', path: '/v3/watch', body, headers }, signal, changes.take);
        changes.end();
      }),
  };
}

/** Reads the lines of a watch until one says more than that it has begun. */
function createChangeReader(place: RemotePlace, address: RemoteAddress) {
  let rest = '';
  let isChanged = false;
  const read = (line: string, status: number): boolean => {
    if (line.trim() === '') return false;
    const answer = parseJsonObject(line);
    const result = answer?.result;
    if (status !== 200 || !isJsonObject(result)) throw failure(place, address, 'read', status, answer);
    if (result.events !== undefined) return true;
    if (result.canceled !== true) return false;
    // Its history is thrown away up to there: there may have been changes.
    if (result.compact_revision !== undefined) return true;
    throw unavailable(place, address, String(result.cancel_reason ?? 'it has ended the watch'));
  };
  return {
    take(chunk: Buffer, status: number): boolean {
      rest += chunk.toString('latin1');
      if (rest.length > MAX_LINE) isChanged = true;
      for (let end = rest.indexOf('\n'); end !== -1 && !isChanged; end = rest.indexOf('\n')) {
        isChanged = read(rest.slice(0, end), status);
        rest = rest.slice(end + 1);
      }
      return isChanged;
    },
    end(): void {
      if (!isChanged && !read(rest, 200)) throw unavailable(place, address, 'it has ended the watch');
    },
  };
}

/** The gateway tells errors of gRPC as HTTP; wrong credentials and missing ones are 400, as is a token that has ended. */
function failure(place: RemotePlace, address: RemoteAddress, wish: Wish, status: number, answer: JsonObject | undefined): AppError {
  const inner = isJsonObject(answer?.error) ? answer.error : answer;
  const said = String(inner?.message ?? inner?.error ?? '');
  if (status === 404) return noEtcd(address);
  const code = status === 200 ? inner?.http_code : status;
  if (code === 400 || code === 401 || code === 403) return refused(place, wish, said);
  return unavailable(place, address, `HTTP ${status}: ${said}`);
}

function noEtcd({ host, port }: RemoteAddress): AppError {
  return new AppError('CONFIG_UNREADABLE', { message: `what answers at ${host}:${port} is not etcd 3.4 or newer with its JSON gateway` });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The text of an event is of no use: the key is read again. */
const MAX_LINE = 4 * 1024 * 1024;
