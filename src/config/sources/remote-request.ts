/** HTTP to a service that holds a configuration: node's own client, as certificates, limits and streams are told per request. */
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AppError } from '../../base/errors.js';
import { tooLarge, unreachable } from './remote-failures.js';
import type { RemoteAddress, RemotePlace } from './remote-place.js';
import { tlsOptions } from './remote-tls.js';

export interface RemoteRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface RemoteAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** @throws AppError `CONFIG_SOURCE_UNAVAILABLE` when nobody answers, `CONFIG_UNREADABLE` when the answer has no end */
export async function sendRequest(
  place: RemotePlace,
  address: RemoteAddress,
  request: RemoteRequest,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const { status, headers } = await streamRequest(place, address, request, signal, (chunk) => {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw tooLarge(place, 'read');
    chunks.push(chunk);
    return false;
  });
  return { status, headers, text: Buffer.concat(chunks).toString() };
}

/** The same, piece by piece; ends the answer early when `take` returns true, and fails as `take` does. */
export async function streamRequest(
  place: RemotePlace,
  address: RemoteAddress,
  { method, path, headers = {}, body }: RemoteRequest,
  signal: AbortSignal,
  take: (chunk: Buffer, status: number) => boolean,
): Promise<Omit<RemoteAnswer, 'text'>> {
  const send = place.tls === undefined ? requestHttp : requestHttps;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const type = payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) };
  const options = { ...tlsOptions(place, address), host: address.host, port: address.port, method, path, agent: false as const, signal };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = send({ ...options, headers: { ...headers, ...type } }, resolve);
      outgoing.once('error', reject);
      outgoing.once('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      outgoing.end(payload);
    });
    const { statusCode: status = 0 } = response;
    for await (const chunk of response) if (take(chunk as Buffer, status)) break;
    return { status, headers: response.headers };
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error;
    throw unreachable(place, address, error);
  }
}

/** 1 MiB in base64, and what is around it. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
const KEEP_ALIVE_MS = 15_000;
