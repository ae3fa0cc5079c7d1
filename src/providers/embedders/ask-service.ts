/** One request to a service: the key, the time limit, cancellation, what failed, what the headers tell. */
import { abortError, throwIfAborted } from '../../base/abort.js';
import { AppError } from '../../base/errors.js';
import type { EmbedderSettings } from '../../config/settings.js';
import { createFetch, findHttpFailure } from '../llms/http-fetch.js';
import { limitBytes } from '../llms/limit-bytes.js';
import { checkVectors } from './check-vectors.js';
import type { EmbedPurpose } from './contract.js';
import type { EmbedderDependencies } from './dependencies.js';
import type { DimensionGuard } from './dimension-guard.js';
import type { EmbedderWire, WireAnswer } from './embedder-wire.js';
import { mapFailure } from './map-failure.js';
import type { RateReport } from './pace.js';
import { readRate } from './rate-headers.js';

export interface ServiceOutcome {
  readonly result: readonly Float32Array[] | AppError;
  /** Tokens that the service counted; `undefined` = not told. */
  readonly tokens: number | undefined;
  readonly rate: RateReport;
}

/** @throws only what the signal aborts with. */
export type AskService = (texts: readonly string[], purpose: EmbedPurpose, signal: AbortSignal) => Promise<ServiceOutcome>;

export interface AskServiceOptions extends Pick<EmbedderDependencies, 'name' | 'clock'> {
  readonly settings: EmbedderSettings;
  readonly loadWire: () => Promise<EmbedderWire>;
  readonly host: string;
  readonly guard: Pick<DimensionGuard, 'check'>;
  /** Default 256 MiB. */
  readonly maxAnswerBytes?: number;
}

export function createAskService(options: AskServiceOptions): AskService {
  const { settings, name, clock, host, guard } = options;
  const key = `embedders.${name}`;
  const fetchFor = createFetch({ tls: { insecureSkipVerify: false, caCertificate: '' } }, key);
  let loading: Promise<EmbedderWire> | undefined;

  return async (texts, purpose, signal) => {
    throwIfAborted(signal);
    loading ??= options.loadWire();
    const wire = await loading;
    throwIfAborted(signal);
    if (settings.apiKey === '' && wire.wantsKey !== undefined) {
      const message = `${key}.api_key is empty; ${host} wants a key (set it to \${${wire.wantsKey}} and define that variable)`;
      return { result: new AppError('EMBEDDER_UNAUTHORIZED', { message }), tokens: undefined, rate: {} };
    }
    const request = new AbortController();
    const onAbort = () => request.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    let isLate = false;
    const cancelTimer = clock.after(settings.timeoutMs, () => {
      isLate = true;
      request.abort();
    });
    let rate: RateReport = {};
    const tooLong = (bytes: number) => new AppError('EMBEDDER_BAD_RESPONSE', { message: `${host} (${key}) gave more than ${bytes} bytes` });
    const onBytes = limitBytes(tooLong, options.maxAnswerBytes);
    const fetch = fetchFor({ signal: request.signal, onBytes });
    const fetchAndRead = (async (input: string, init?: RequestInit) => {
      const response = await fetch(input, init);
      rate = readRate(response.headers);
      return response;
    }) as typeof fetch;
    try {
      const { vectors, tokens } = await untilSettled(wire.send(texts, purpose, fetchAndRead), request.signal);
      const checked = checkVectors(vectors, texts.length, `${host} (${key})`);
      await guard.check(checked[0]?.length ?? 0);
      return { result: checked, tokens, rate };
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      if (isLate) {
        const message = `${host} did not answer ${texts.length} texts within ${settings.timeoutMs} ms (${key}.timeout, ${key}.batch_size)`;
        return { result: new AppError('EMBEDDER_TIMEOUT', { message }), tokens: undefined, rate };
      }
      const failure = findHttpFailure(error);
      const { readFailure } = wire;
      const result = mapFailure(error, { key, host, settings, readFailure, nowMs: clock.now() });
      return { result, tokens: undefined, rate: failure === undefined ? rate : readRate(failure.headers) };
    } finally {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    }
  };
}

/** An SDK that is busy with something else when its request is aborted must not hold up the caller. */
function untilSettled(work: Promise<WireAnswer>, signal: AbortSignal): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
