/**
 * The KV store of Consul over its HTTP API, in memory: reads with `X-Consul-Index`, blocking queries, `cas`, transactions, and tokens.
 * One index counts all writes, so a key's `ModifyIndex` rises by leaps. It can end and come back on its port with what it held.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

interface Entry {
  readonly value: Buffer;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface ConsulPeer {
  readonly port: number;
  put(key: string, value: string | Buffer): void;
  get(key: string): string | undefined;
  remove(key: string): void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface ConsulPeerOptions {
  /** By default everybody may do everything. `read` may not write. */
  readonly tokens?: Readonly<Record<string, 'read' | 'write'>>;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export async function startConsulPeer(
  t: { teardown(run: () => unknown): unknown },
  { tokens, tls }: ConsulPeerOptions = {},
): Promise<ConsulPeer> {
  const entries = new Map<string, Entry>();
  const blocked = new Set<() => void>();
  let index = 10;
  let removedAt = 0;

  const put = (key: string, value: string | Buffer): number => {
    index += 3;
    entries.set(key, { value: Buffer.from(value), createIndex: entries.get(key)?.createIndex ?? index, modifyIndex: index });
    wake();
    return index;
  };
  const remove = (key: string) => {
    index += 3;
    removedAt = index;
    entries.delete(key);
    wake();
  };
  const wake = () => {
    for (const look of [...blocked]) look();
  };
  const indexOf = (key: string) => entries.get(key)?.modifyIndex ?? Math.max(1, removedAt);

  const answer = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { ...headers, 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

  const read = (key: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse) => {
    const known = Number(query.get('index') ?? 0);
    const tell = () => {
      const entry = entries.get(key);
      const headers = { 'x-consul-index': String(indexOf(key)) };
      if (entry === undefined) return answer(response, 404, '', headers);
      const { value, createIndex, modifyIndex } = entry;
      const told = { LockIndex: 0, Key: key, Flags: 0, Value: value.length === 0 ? null : value.toString('base64') };
      answer(response, 200, [{ ...told, CreateIndex: createIndex, ModifyIndex: modifyIndex }], headers);
    };
    if (known === 0 || indexOf(key) > known) return tell();
    const look = () => {
      if (indexOf(key) <= known) return;
      blocked.delete(look);
      tell();
    };
    blocked.add(look);
    request.once('close', () => blocked.delete(look));
  };

  const transact = (body: string, mayWrite: boolean, response: ServerResponse) => {
    if (body.length > MAX_TRANSACTION) return answer(response, 413, `Request body too large, max size: ${MAX_TRANSACTION} bytes`);
    const [{ KV }] = JSON.parse(body) as [{ KV: { Verb: string; Key: string; Value: string; Index: number } }];
    const refuse = (What: string) => answer(response, 409, { Results: null, Errors: [{ OpIndex: 0, What }] });
    if (!mayWrite) return refuse('Permission denied');
    if (KV.Verb !== 'cas' || (entries.get(KV.Key)?.modifyIndex ?? 0) !== KV.Index)
      return refuse(`failed to set key "${KV.Key}", index is stale`);
    const modifyIndex = put(KV.Key, Buffer.from(KV.Value, 'base64'));
    const createIndex = entries.get(KV.Key)?.createIndex;
    const told = { LockIndex: 0, Key: KV.Key, Flags: 0, Value: null, CreateIndex: createIndex, ModifyIndex: modifyIndex };
    answer(response, 200, { Results: [{ KV: told }], Errors: null });
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(url, 'http://consul');
    const token = String(request.headers['x-consul-token'] ?? '');
    const right = tokens === undefined ? 'write' : tokens[token];
    if (right === undefined)
      return answer(response, 403, token === '' ? 'Permission denied: anonymous token lacks permission' : 'ACL not found');
    if (method === 'PUT' && pathname === '/v1/txn') return transact(Buffer.concat(chunks).toString(), right === 'write', response);
    const key = decodeURIComponent(pathname.replace(/^\/v1\/kv\//, ''));
    if (method !== 'GET' || !pathname.startsWith('/v1/kv/'))
      return answer(response, 404, 'Invalid URL path: not a recognized HTTP API endpoint');
    if (key === '' || key.startsWith('/') || key.endsWith('.json')) return answer(response, 400, 'key contains suspicious file extension');
    read(key, searchParams, request, response);
  };

  let port = 0;
  let server = createServer();
  const start = async () => {
    const listener = (request: IncomingMessage, response: ServerResponse) => void serve(request, response);
    server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    server.closeAllConnections();
    blocked.clear();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  await start();
  t.teardown(stop);
  return {
    port,
    put: (key, value) => void put(key, value),
    get: (key) => entries.get(key)?.value.toString(),
    remove,
    start,
    stop,
  };
}

/** Its default, of the text in base64 and what is around it. */
const MAX_TRANSACTION = 512 * 1024;
