/**
 * The `fetch` that every SDK is given, so that one place decides about TLS (LLM-05), redirects and what a failed
 * answer becomes.
 *
 * - No total time limit and none on silence: the idle timeout has that (LLM-02). It is told of every byte, so that a
 *   provider's keep-alive counts as life.
 * - The signal of the call decides, not the SDK's: its abort destroys the socket, whatever state the SDK is in.
 * - Redirects are not followed: key headers would go wherever they lead.
 * - A failed answer is read and thrown with its headers, which some SDKs drop.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { AppError, describeError } from '../../base/errors.js';
import type { LlmSettings } from '../../config/settings.js';
import { traceHeaders } from '../../observe/trace.js';

type Fetch = typeof globalThis.fetch;

export interface CallConnection {
  /** Ends the request and closes its connection. */
  readonly signal: AbortSignal;
  /** Called for each piece that arrives, with its length; what it throws ends the answer. */
  readonly onBytes: (bytes: number) => void;
}

/** An answer with a status that is no success. */
export class HttpFailure extends Error {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  /** At most 64 KiB of it. */
  readonly body: string;

  constructor(status: number, headers: Pick<Headers, 'get'>, body: string) {
    super(`status ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** SDKs wrap what their `fetch` throws. */
export function findHttpFailure(error: unknown): HttpFailure | undefined {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if (current instanceof HttpFailure) return current;
    current = current.cause;
  }
  return undefined;
}

/** What sends requests takes its time to load, once per process; whoever counts the time of a call loads it before. */
export async function loadFetch(): Promise<void> {
  await import('undici');
}

/** One connection pool per `key`, such as `llms.main`, loaded with its first call; its idle sockets close by themselves and hold up no exit. */
export function createFetch({ tls }: Pick<LlmSettings, 'tls'>, key: string): (call: CallConnection) => Fetch {
  const connect = {
    ...(tls.insecureSkipVerify ? { rejectUnauthorized: false } : {}),
    ...(tls.caCertificate === '' ? {} : { ca: [...rootCertificates, readCertificate(tls.caCertificate, key)] }),
  };
  const open = async () => {
    const { Agent, fetch } = await import('undici');
    return { fetch, dispatcher: new Agent({ headersTimeout: 0, bodyTimeout: 0, connect }) };
  };
  let opening: ReturnType<typeof open> | undefined;
  return ({ signal, onBytes }) => {
    const fetchForCall = async (input: string | URL | Request, init: RequestInit = {}) => {
      const traced = withTrace(init);
      opening ??= open();
      const { fetch, dispatcher } = await opening;
      const options = { ...traced, signal, redirect: 'manual', dispatcher } as unknown as Parameters<typeof fetch>[1];
      const response = await fetch(input as string, options);
      onBytes(0);
      if (!response.ok) throw new HttpFailure(response.status, response.headers, await readStart(response.body));
      const body = response.body?.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            onBytes(chunk.length);
            controller.enqueue(chunk);
          },
        }),
      );
      return new Response(body as ConstructorParameters<typeof Response>[0], {
        status: response.status,
        headers: [...response.headers] as [string, string][],
      });
    };
    return fetchForCall as Fetch;
  };
}

/** OBS-33. The SDKs hand over headers in any of the forms that there are. */
function withTrace(init: RequestInit): RequestInit {
  const trace = Object.entries(traceHeaders());
  if (trace.length === 0) return init;
  const headers = new Headers(init.headers);
  for (const [name, value] of trace) headers.set(name, value);
  return { ...init, headers: Object.fromEntries(headers) };
}

async function readStart(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_ERROR_BYTES);
}

function readCertificate(path: string, key: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new AppError('CONFIG_INVALID', {
      message: `${key}.tls.ca_certificate: '${path}' cannot be read as a PEM certificate (${describeError(error)})`,
      cause: error,
    });
  }
}

const MAX_ERROR_BYTES = 64 * 1024;
