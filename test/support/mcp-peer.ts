/** An MCP server of a test's own over HTTP, which may behave as no decent one would: answers are what the test says, byte for byte. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';

export interface PeerRequest {
  readonly method: string;
  readonly params: JsonObject;
  readonly id: unknown;
  readonly headers: IncomingMessage['headers'];
  readonly reply: ServerResponse;
}

/** The result; `undefined` when it has seen to the answer itself, or will never answer. */
export type Answer = (request: PeerRequest) => JsonObject | undefined | Promise<JsonObject | undefined>;

export interface McpPeer {
  readonly url: string;
  /** Methods in the order they came, `GET` and `DELETE` for those without a body. */
  readonly seen: readonly string[];
  count(method: string): number;
  /** Forgets its sessions, as after a restart. */
  forget(): void;
  /** Sends to every open standalone stream. */
  notify(method: string): void;
}

export interface PeerOptions {
  readonly answers: Readonly<Record<string, Answer>>;
  readonly capabilities?: JsonObject;
  /** Looks at every request first; true = it has answered. */
  readonly intercept?: (incoming: IncomingMessage, reply: ServerResponse) => boolean;
  /** Without: it keeps no sessions. */
  readonly hasSessions?: boolean;
}

export async function startMcpPeer(
  t: Test,
  { answers, capabilities = { tools: { listChanged: true } }, intercept, hasSessions = true }: PeerOptions,
): Promise<McpPeer> {
  const seen: string[] = [];
  const streams = new Set<ServerResponse>();
  let generation = 1;
  const initialize: Answer = ({ params }) => ({
    protocolVersion: params['protocolVersion'] as string,
    capabilities,
    serverInfo: { name: 'peer', version: '1' },
  });
  const server = createServer((incoming, reply) => {
    if (intercept?.(incoming, reply) === true) return;
    if (incoming.method !== 'POST') {
      seen.push(String(incoming.method));
      if (incoming.method !== 'GET') return void reply.end();
      reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.add(reply);
      reply.on('close', () => streams.delete(reply));
      return;
    }
    void answerPost(incoming, reply);
  });
  const answerPost = async (incoming: IncomingMessage, reply: ServerResponse) => {
    let body = '';
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
    const { method, params = {}, id } = JSON.parse(body) as { method: string; params?: JsonObject; id?: unknown };
    seen.push(method);
    const session = `session-${generation}`;
    if (hasSessions && method !== 'initialize' && incoming.headers['mcp-session-id'] !== session)
      return void reply.writeHead(404).end('no such session');
    if (id === undefined) return void reply.writeHead(202).end();
    const answer = method === 'initialize' ? (answers['initialize'] ?? initialize) : answers[method];
    if (answer === undefined) {
      reply.writeHead(200, { 'content-type': 'application/json' });
      return void reply.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: `no method ${method}` } }));
    }
    const result = await answer({ method, params, id, headers: incoming.headers, reply });
    if (result === undefined) return;
    reply.writeHead(200, {
      'content-type': 'application/json',
      ...(hasSessions && method === 'initialize' ? { 'mcp-session-id': session } : {}),
    });
    reply.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    count: (method) => seen.filter((one) => one === method).length,
    forget: () => {
      generation += 1;
    },
    notify: (method) => {
      for (const stream of streams) stream.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', method })}\n\n`);
    },
  };
}

/** A tool as a server lists it. */
export function listed(name: string, change: JsonObject = {}): JsonObject {
  return { name, description: `Does ${name}`, inputSchema: { type: 'object', properties: { text: { type: 'string' } } }, ...change };
}

export function textResult(text: string): JsonObject {
  return { content: [{ type: 'text', text }] };
}
