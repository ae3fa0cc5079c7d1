/**
 * A real HTTP server that speaks OpenAI's two wire protocols from scripted replies. Like the service, it refuses
 * requests that the API would refuse: a missing stream flag, tool calls without results, results without calls,
 * reasoning items with nothing after them, `temperature` to a reasoning model.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PeerReply, StreamItem } from './openai-replies.js';

export interface PeerRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
  /** Resolves when the client has closed the connection before the reply was complete. */
  readonly aborted: Promise<void>;
}

export interface OpenAiPeer {
  /** `base_url` for a client. */
  readonly url: string;
  /** Requests so far, oldest first. */
  readonly requests: readonly PeerRequest[];
  /** The next request that arrives. */
  nextRequest(): Promise<PeerRequest>;
  /** Adds replies; each request takes the next one. */
  script(...replies: readonly PeerReply[]): void;
}

interface TestLike {
  teardown(run: () => unknown): void;
}

export async function startOpenAiPeer(t: TestLike): Promise<OpenAiPeer> {
  const requests: PeerRequest[] = [];
  const replies: PeerReply[] = [];
  const arrivals = new EventEmitter();
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    const aborted = new Promise<void>((resolve) => response.on('close', () => response.writableFinished || resolve()));
    const recorded: PeerRequest = { path: request.url ?? '', headers: request.headers, body, aborted };
    requests.push(recorded);
    arrivals.emit('request', recorded);
    const complaint = findComplaint(request.url ?? '', body);
    const reply = replies.shift();
    if (complaint !== undefined)
      return json(response, 400, {}, { error: { message: complaint, type: 'invalid_request_error', code: null, param: null } });
    if (reply === undefined)
      return json(response, 400, {}, { error: { message: 'the peer has no reply left', type: 'invalid_request_error' } });
    if (reply.type === 'refuse') response.destroy();
    else if (reply.type === 'status') json(response, reply.status, reply.headers ?? {}, reply.body);
    else await stream(response, reply.items);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    if (replies.length > 0) throw new Error(`${replies.length} replies of the OpenAI peer were not asked for`);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    nextRequest: () => once(arrivals, 'request').then(([request]) => request as PeerRequest),
    script: (...more) => replies.push(...more),
  };
}

function json(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function stream(response: ServerResponse, items: readonly StreamItem[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  for (const item of items) {
    if ('gate' in item) await item.gate;
    else if ('stall' in item) return;
    else if ('cut' in item) {
      // What was written must have left before the socket goes.
      await new Promise((resolve) => setImmediate(resolve));
      response.socket?.destroy();
      return;
    } else if ('comment' in item) response.write(`: ${item.comment}\n\n`);
    else {
      const type = (item.data as { readonly type?: unknown } | null)?.type;
      const text = typeof item.data === 'string' ? item.data : JSON.stringify(item.data);
      await new Promise((resolve) => response.write(`${typeof type === 'string' ? `event: ${type}\n` : ''}data: ${text}\n\n`, resolve));
    }
  }
  response.end();
}

function findComplaint(path: string, body: Readonly<Record<string, unknown>>): string | undefined {
  if (body['stream'] !== true) return 'this peer streams only';
  if (/^(o[134]|gpt-5)/.test(String(body['model'])) && body['temperature'] !== undefined) {
    return "Unsupported parameter: 'temperature' is not supported with this model.";
  }
  if (path === '/v1/chat/completions') return findChatComplaint(body['messages'] as readonly ChatMessage[]);
  if (path === '/v1/responses') return findInputComplaint(body['input'] as readonly InputItem[]);
  return `Invalid URL (POST ${path})`;
}

interface ChatMessage {
  readonly role: string;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { readonly id: string }[];
}

function findChatComplaint(messages: readonly ChatMessage[]): string | undefined {
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.includes(message.tool_call_id ?? ''))
        return "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      open = open.filter((id) => id !== message.tool_call_id);
      continue;
    }
    if (open.length > 0) break;
    open = (message.tool_calls ?? []).map(({ id }) => id);
  }
  return open.length === 0
    ? undefined
    : `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': ${open.join(', ')}`;
}

interface InputItem {
  readonly type?: string;
  readonly id?: string;
  readonly call_id?: string;
}

function findInputComplaint(input: readonly InputItem[]): string | undefined {
  const calls = input.filter(({ type }) => type === 'function_call').map(({ call_id }) => call_id);
  const outputs = input.filter(({ type }) => type === 'function_call_output').map(({ call_id }) => call_id);
  const missing = calls.find((id) => !outputs.includes(id));
  if (missing !== undefined) return `No tool output found for function call ${missing}.`;
  const stray = outputs.find((id) => !calls.includes(id));
  if (stray !== undefined) return `No tool call found for function call output with call_id ${stray}.`;
  const alone = input.find(
    ({ type }, index) =>
      type === 'reasoning' &&
      !['reasoning', 'function_call', 'message', undefined].includes(
        input[index + 1]?.type ?? (index + 1 < input.length ? undefined : 'none'),
      ),
  );
  return alone === undefined ? undefined : `Item '${alone.id}' of type 'reasoning' was provided without its required following item.`;
}
