/**
 * A real HTTP server that embeds as OpenAI, Ollama and Cohere do, each by its own protocol; like the services, it refuses what their APIs
 * refuse. The vector of a text is 2 at one place, told by the text (`placeOf`), and 0 elsewhere. Whatever else it is to do is scripted.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type EmbeddingService = 'openai' | 'ollama' | 'cohere';

export type EmbeddingReply =
  | { readonly type: 'vectors'; readonly headers?: Readonly<Record<string, string>>; readonly change?: (vectors: unknown[]) => unknown[] }
  | { readonly type: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown }
  /** Status 200 and just so. */
  | { readonly type: 'raw'; readonly text: string }
  /** The socket is destroyed: before a word, or in the middle of the answer. */
  | { readonly type: 'cut'; readonly midway: boolean }
  /** The request is read and nothing is sent. */
  | { readonly type: 'silence' };

export interface EmbeddingRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
  readonly texts: readonly string[];
  /** Resolves when the client has closed the connection before the answer was complete. */
  readonly aborted: Promise<void>;
}

export interface EmbeddingPeer {
  readonly url: string;
  readonly requests: readonly EmbeddingRequest[];
  nextRequest(): Promise<EmbeddingRequest>;
  /** Each request takes the next one; behind them all requests get vectors. */
  script(...replies: readonly EmbeddingReply[]): void;
}

export interface EmbeddingPeerOptions {
  readonly dimension?: number;
  /** Decides about a request before the script does. */
  readonly decide?: (request: EmbeddingRequest) => EmbeddingReply | undefined | Promise<EmbeddingReply | undefined>;
}

interface TestLike {
  teardown(run: () => unknown): void;
}

export async function startEmbeddingPeer(
  t: TestLike,
  service: EmbeddingService,
  options: EmbeddingPeerOptions = {},
): Promise<EmbeddingPeer> {
  const { dimension = 8, decide } = options;
  const protocol = PROTOCOLS[service];
  const requests: EmbeddingRequest[] = [];
  const replies: EmbeddingReply[] = [];
  const arrivals = new EventEmitter();

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    const aborted = new Promise<void>((resolve) => response.on('close', () => response.writableFinished || resolve()));
    const texts = (body[protocol.textsKey] ?? []) as readonly string[];
    const request: EmbeddingRequest = { path: message.url ?? '', headers: message.headers, body, texts, aborted };
    const complaint = request.path === protocol.path ? protocol.findComplaint(body, texts) : `no such path: ${request.path}`;
    requests.push(request);
    arrivals.emit('request', request);
    if (complaint !== undefined) return send(response, request.path === protocol.path ? 400 : 404, {}, protocol.error(complaint));
    const reply = (await decide?.(request)) ?? replies.shift() ?? { type: 'vectors' };
    switch (reply.type) {
      case 'vectors': {
        const asked = Number(body['dimensions'] ?? body['output_dimension'] ?? dimension);
        const vectors: unknown[] = texts.map((text) => vectorOf(text, asked));
        const tokens = tokensOf(texts);
        return send(response, 200, reply.headers ?? {}, protocol.answer(reply.change?.(vectors) ?? vectors, body, tokens));
      }
      case 'status':
        return send(response, reply.status, reply.headers ?? {}, reply.body);
      case 'raw':
        return send(response, 200, {}, reply.text);
      case 'cut':
        if (reply.midway) {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
          await new Promise((resolve) => response.write('{"object":', resolve));
        }
        response.destroy();
        return;
      case 'silence':
        return;
    }
  }

  const server = createServer((message, response) => {
    void serve(message, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${protocol.prefix}`,
    requests,
    nextRequest: () => once(arrivals, 'request').then(([request]) => request as EmbeddingRequest),
    script: (...more) => void replies.push(...more),
  };
}

/** Where the vector of a text is not 0. */
export function placeOf(text: string, dimension: number): number {
  let hash = 7;
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return hash % dimension;
}

export function vectorOf(text: string, dimension: number): number[] {
  const place = placeOf(text, dimension);
  return Array.from({ length: dimension }, (_, index) => (index === place ? 2 : 0));
}

/** As the peer counts. */
export function tokensOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
}

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

interface Protocol {
  readonly prefix: string;
  readonly path: string;
  readonly textsKey: string;
  findComplaint(body: Readonly<Record<string, unknown>>, texts: readonly unknown[]): string | undefined;
  error(message: string): unknown;
  answer(vectors: readonly unknown[], body: Readonly<Record<string, unknown>>, tokens: number): unknown;
}

const PROTOCOLS: Readonly<Record<EmbeddingService, Protocol>> = {
  openai: {
    prefix: '/v1',
    path: '/v1/embeddings',
    textsKey: 'input',
    findComplaint(body, texts) {
      if (typeof body['model'] !== 'string') return 'you must provide a model parameter';
      if (
        !Array.isArray(body['input']) ||
        texts.length === 0 ||
        texts.length > 2048 ||
        texts.some((text) => typeof text !== 'string' || text === '')
      )
        return "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.";
      return ['float', 'base64'].includes(String(body['encoding_format']))
        ? undefined
        : `Invalid value: '${String(body['encoding_format'])}'`;
    },
    error: (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
    answer: (vectors, body, tokens) => ({
      object: 'list',
      // The service promises no order but that of `index`.
      data: vectors
        .map((vector, index) => ({
          object: 'embedding',
          index,
          embedding: body['encoding_format'] === 'base64' ? toBase64(vector) : vector,
        }))
        .reverse(),
      model: body['model'],
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    }),
  },
  ollama: {
    prefix: '',
    path: '/api/embed',
    textsKey: 'input',
    findComplaint: (body, texts) =>
      typeof body['model'] !== 'string' || body['model'] === ''
        ? 'model is required'
        : texts.some((text) => typeof text !== 'string')
          ? 'invalid input type'
          : undefined,
    error: (error) => ({ error }),
    answer: (embeddings, body, tokens) => ({
      model: body['model'],
      embeddings,
      total_duration: 14_143_917,
      load_duration: 1_019_500,
      prompt_eval_count: tokens,
    }),
  },
  cohere: {
    prefix: '',
    path: '/v2/embed',
    textsKey: 'texts',
    findComplaint(body, texts) {
      if (!['search_document', 'search_query', 'classification', 'clustering'].includes(String(body['input_type'])))
        return 'invalid request: valid input_type must be provided with the provided model';
      if (texts.length > 96) return `invalid request: total number of texts must be at most 96 - received ${texts.length}`;
      if (!['NONE', 'START', 'END'].includes(String(body['truncate']))) return 'invalid request: truncate';
      return JSON.stringify(body['embedding_types']) === '["float"]' ? undefined : 'embedding_types parameter is required';
    },
    error: (message) => ({ id: 'c3d6', message }),
    answer: (float, body, tokens) => ({
      id: 'da6e531f-54c5-4a73-bf92-f60566d8d753',
      embeddings: { float },
      texts: body['texts'],
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: tokens } },
    }),
  },
};

function toBase64(vector: unknown): string {
  return Buffer.from(new Float32Array(vector as readonly number[]).buffer).toString('base64');
}
