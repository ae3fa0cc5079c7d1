/**
 * Requests to a vector service: address, key, time limit, abort, further tries, and what a failure is called.
 *
 * What only reads is tried again after any failure that may pass. What writes is tried again only where the service has refused it: a write
 * that nobody answered may still be carried out, and whoever sent it must know (`knowledge/shared-index.ts`).
 */
import { abortError } from '../../../base/abort.js';
import { backoffMs } from '../../../base/backoff.js';
import type { Clock } from '../../../base/clock.js';
import { AppError } from '../../../base/errors.js';
import type { VectorServiceSettings } from '../../../config/settings.js';
import type { Logger } from '../../../observe/log.js';
import { createFetch } from '../../llms/http-fetch.js';
import { limitBytes } from '../../llms/limit-bytes.js';
import { mapServiceFailure } from './map-service-failure.js';

export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Behind the base address. */
  readonly path: string;
  /** A value, or JSON already written. */
  readonly body?: unknown;
  readonly isRead: boolean;
  /** A 404 means that this collection is not there; else that the address is wrong. */
  readonly collection?: string;
  /** In place of the configured address. */
  readonly baseUrl?: string;
  /** What is wrong with an answer of status 200, as some services tell. */
  readonly check?: (json: unknown) => void;
}

export interface ServiceAnswer {
  /** `undefined` for an answer without a body. */
  readonly json: unknown;
  readonly headers: Pick<Headers, 'get'>;
}

export type Exchange = (request: ServiceRequest, signal: AbortSignal) => Promise<ServiceAnswer>;

export interface ExchangeOptions {
  /** `vector_stores.<name>` */
  readonly key: string;
  readonly settings: Pick<VectorServiceSettings, 'type' | 'url' | 'apiKey' | 'timeoutMs' | 'tls'>;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default `Math.random`. */
  readonly random?: () => number;
  /** Default 256 MiB. */
  readonly maxAnswerBytes?: number;
}

export function createExchange({ key, settings, headers, clock, log, random, maxAnswerBytes }: ExchangeOptions): Exchange {
  const fetchFor = createFetch(settings, key);

  async function send(request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    const url = `${request.baseUrl ?? settings.url}${request.path}`;
    const host = new URL(url).host;
    const ending = new AbortController();
    let isLate = false;
    const cancelTimer = clock.after(settings.timeoutMs, () => {
      isLate = true;
      ending.abort();
    });
    try {
      const { method, body } = request;
      const onBytes = limitBytes(
        (bytes) => new AppError('VECTOR_STORE_BAD_RESPONSE', { message: `${host} (${key}) gave more than ${bytes} bytes` }),
        maxAnswerBytes,
      );
      const response = await fetchFor({ signal: AbortSignal.any([signal, ending.signal]), onBytes })(url, {
        method,
        headers: { ...headers, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const json: unknown = text.trim() === '' ? undefined : JSON.parse(text);
      request.check?.(json);
      return { json, headers: response.headers };
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      if (isLate) {
        const message = `${host} did not answer within ${settings.timeoutMs} ms (${key}.timeout)`;
        throw new AppError('VECTOR_STORE_TIMEOUT', { message });
      }
      throw mapServiceFailure(error, { key, host, settings, collection: request.collection, nowMs: clock.now() });
    } finally {
      cancelTimer();
    }
  }

  return async (request, signal) => {
    for (let failures = 1; ; failures++) {
      try {
        signal.throwIfAborted();
        return await send(request, signal);
      } catch (error) {
        if (signal.aborted) throw abortError(signal);
        if (failures >= TRIES || !isWorthwhile(error, request)) throw error;
        const delayMs = Math.min(error.retryAfterMs ?? backoffMs(failures, BACKOFF, random), MAX_WAIT_MS);
        log.debug({ err: error, vectorStore: key, delayMs, failures }, 'the vector store failed, trying again');
        await clock.sleep(delayMs, signal).catch(() => {
          throw abortError(signal);
        });
      }
    }
  };
}

function isWorthwhile(error: unknown, { isRead }: ServiceRequest): error is AppError {
  if (!(error instanceof AppError) || error.disposition !== 'retry') return false;
  // A further wait as long would be no use to anybody.
  if (error.code === 'VECTOR_STORE_TIMEOUT' || error.code === 'VECTOR_STORE_COLLECTION_MISSING') return false;
  return isRead || error.details?.['isRefused'] === true;
}

const TRIES = 4;
const BACKOFF = { baseMs: 250, maxMs: 4_000, jitter: 0.2 };
const MAX_WAIT_MS = 20_000;
