/**
 * One request to an address that somebody else chose, and the beginning of its answer (TOOL-18, P10). Redirects are not followed:
 * whoever wants to follow one asks again, so that the guard sees each hop and credentials stay with the host that they were given for.
 */
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestPlainly } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { untilAborted } from '../base/abort.js';
import { AppError } from '../base/errors.js';
import type { OutboundGuard } from './outbound-guard.js';

export interface OutboundRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ReadLimits {
  /** Of the body, decompressed; what is beyond is not read. */
  readonly maxBytes: number;
  /** Its abort closes the connection, whatever state it is in. */
  readonly signal: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body had more. */
  readonly isCut: boolean;
}

export type GuardedRequest = (request: OutboundRequest, limits: ReadLimits) => Promise<OutboundAnswer>;

/** The result throws AppError `ADDRESS_NOT_ALLOWED`, the reason of an aborted signal, and what the network says. */
export function createGuardedRequest(guard: OutboundGuard): GuardedRequest {
  return async (request, { maxBytes, signal }) => {
    const headers = { 'accept-encoding': 'gzip, br', ...request.headers };
    const response = await sendGuarded({ ...request, headers }, guard, signal);
    const { statusCode: status = 0, statusMessage: statusText = '' } = response;
    if (status === 101) {
      // Nothing that can be read follows.
      response.destroy();
      return { status, statusText, headers: response.headers, body: Buffer.alloc(0), isCut: false };
    }
    const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
    const read = await readBody(response, { maxBytes, signal }, hasBody);
    return { status, statusText, headers: response.headers, ...read };
  };
}

/** Resolves with the answer's head; the caller reads or destroys its body. Every connection is a new one, checked as it is made. */
export async function sendGuarded(request: OutboundRequest, guard: OutboundGuard, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, method, headers, body } = request;
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new AppError('ADDRESS_NOT_ALLOWED', { message: `'${url.protocol}' is neither http: nor https:` });
  await guard.assertHost(url, signal);
  const headersWithLength = body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) };
  const sent = (url.protocol === 'https:' ? requestSecurely : requestPlainly)(url, {
    method,
    headers: headersWithLength,
    lookup: guard.lookup,
    agent: false,
    signal,
  });
  const head = untilAborted(waitForHead(sent), signal);
  sent.end(body);
  return await head;
}

function waitForHead(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
    // 101: a request that asked for no other protocol gets none.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    // Of 100, 102, 103 and the like one may come or two.
    let announcements = 0;
    request.on('information', () => {
      announcements += 1;
      if (announcements > MAX_ANNOUNCEMENTS) request.destroy(unanswered(`it sent more than ${MAX_ANNOUNCEMENTS} interim answers`));
    });
    // Behind any of the above this does nothing.
    request.on('close', () => reject(unanswered('the connection was closed before the answer came')));
  });
}

function unanswered(reason: string): AppError {
  return new AppError('OUTBOUND_NO_ANSWER', { message: `The other side gave no answer: ${reason}` });
}

async function readBody(
  response: IncomingMessage,
  { maxBytes, signal }: ReadLimits,
  hasBody: boolean,
): Promise<Pick<OutboundAnswer, 'body' | 'isCut'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      chunks.push(bytes + chunk.length > maxBytes ? chunk.subarray(0, maxBytes - bytes) : chunk);
      bytes += chunk.length;
      // Leaving the loop destroys what is before it, the connection too.
      if (bytes > maxBytes) return;
    }
  };
  const decoder = hasBody ? findDecoder(response) : undefined;
  try {
    if (decoder === undefined) await pipeline(response, collect, { signal });
    else await pipeline(response, decoder, collect, { signal });
  } catch (error) {
    if (signal.aborted || bytes <= maxBytes) throw error;
    // The cut itself: there was more than is read.
  } finally {
    response.destroy();
  }
  return { body: Buffer.concat(chunks), isCut: bytes > maxBytes };
}

/** One layer only: each further one multiplies what few bytes cost. */
function findDecoder({ headers }: IncomingMessage) {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '' || headers['content-length'] === '0') return undefined;
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'br') return createBrotliDecompress();
  if (encoding === 'deflate') return createInflate();
  throw new AppError('OUTBOUND_ENCODING_UNKNOWN', { message: `The answer's content-encoding is '${encoding.slice(0, 100)}'` });
}

const MAX_ANNOUNCEMENTS = 16;
