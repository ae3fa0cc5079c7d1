/**
 * Asks when it is one's turn, and again after a refusal for the rate (429), which is no failure (RAG-36): documents wait as long as it
 * takes, queries as long as an answer may take.
 */
import { abortError } from '../../base/abort.js';
import { backoffMs } from '../../base/backoff.js';
import { AppError, describeError, hasCode } from '../../base/errors.js';
import type { AskService, ServiceOutcome } from './ask-service.js';
import type { EmbedPurpose, EmbedTexts } from './contract.js';
import type { EmbedderDependencies } from './dependencies.js';
import { createInProcessPace } from './in-process-pace.js';
import type { Pace, PaceLimits, PaceReport, RateReport, RateWindow } from './pace.js';
import { TokenEstimate } from './token-estimate.js';

export interface PacedOptions extends Pick<EmbedderDependencies, 'name' | 'clock' | 'log' | 'pace'> {
  /** What limits are counted for. */
  readonly account: string;
  readonly limits: PaceLimits;
  /** Longest that a query waits for its turn, milliseconds. */
  readonly queryWaitMs: number;
  /** Default `Math.random`. */
  readonly random?: () => number;
}

export function paced(ask: AskService, options: PacedOptions): EmbedTexts {
  const { account, clock, log, name, limits } = options;
  const pace = survivingPace(options);
  const estimate = new TokenEstimate();

  /** Waits for the turn; what was taken is given back when nobody asks after all. */
  async function awaitTurn(tokens: number, purpose: EmbedPurpose, patienceMs: number, signal: AbortSignal): Promise<void> {
    let waitMs = await pace.take(account, { requests: 1, tokens, urgent: purpose === 'query' }, limits);
    let waitedMs = 0;
    try {
      // A pause may have begun meanwhile; it is over when nobody has asked for a further one.
      for (; waitMs > 0; waitMs = await pace.pauseMs(account)) {
        waitedMs += waitMs;
        if (waitedMs > patienceMs) throw tooBusy(name, waitMs);
        await clock.sleep(waitMs, signal);
      }
    } catch (error) {
      await pace.settle(account, { unusedRequests: 1, unusedTokens: tokens, rate: {}, pauseMs: 0 });
      throw signal.aborted ? abortError(signal) : error;
    }
  }

  return async (texts, purpose, signal) => {
    const startedAt = clock.monotonic();
    const patienceMs = () => (purpose === 'query' ? options.queryWaitMs - (clock.monotonic() - startedAt) : Number.POSITIVE_INFINITY);
    for (let refusals = 0; ; ) {
      const tokens = estimate.of(texts);
      await awaitTurn(tokens, purpose, patienceMs(), signal);
      let outcome: ServiceOutcome;
      try {
        outcome = await ask(texts, purpose, signal);
      } catch (error) {
        await pace.settle(account, { unusedRequests: 0, unusedTokens: tokens, rate: {}, pauseMs: 0 });
        throw error;
      }
      if (!(outcome.result instanceof AppError)) {
        estimate.learn(texts, outcome.tokens);
        await pace.settle(account, { ...answered(outcome, tokens), pauseMs: 0 });
        return outcome.result;
      }
      const isRefused = hasCode(outcome.result, 'EMBEDDER_RATE_LIMITED');
      if (!isRefused) {
        await pace.settle(account, { unusedRequests: 0, unusedTokens: tokens, rate: outcome.rate, pauseMs: 0 });
        throw outcome.result;
      }
      refusals += 1;
      const told = outcome.result.retryAfterMs ?? findRefillMs(outcome.rate, tokens);
      const pauseMs = Math.max(1, Math.min(told ?? backoffMs(refusals, UNTOLD, options.random), MAX_PAUSE_MS));
      await pace.settle(account, { ...refused(outcome, tokens), pauseMs });
      const words = { embedder: name, pauseMs, refusals };
      if (refusals >= LOUD_REFUSALS) log.warn(words, `the embedder goes on refusing for the rate: ${outcome.result.message}`);
      else log.debug(words, 'the embedder limits the rate; everybody waits');
      if (pauseMs > patienceMs()) throw outcome.result;
    }
  };
}

function answered({ tokens, rate }: ServiceOutcome, taken: number): Omit<PaceReport, 'pauseMs'> {
  return { unusedRequests: 0, unusedTokens: tokens === undefined ? 0 : taken - tokens, rate };
}

/**
 * Refused although something was left: by chance, and what was taken is given back. Refused for an empty bucket: ours was too full by what was
 * taken, so that stays taken.
 */
function refused({ rate }: ServiceOutcome, taken: number): Omit<PaceReport, 'pauseMs'> {
  const isByChance = (rate.requests?.remaining ?? 0) >= 1 && (rate.tokens === undefined || rate.tokens.remaining >= taken);
  return { unusedRequests: isByChance ? 1 : 0, unusedTokens: isByChance ? taken : 0, rate };
}

/** When the buckets hold what was asked for, where the answer tells it. */
function findRefillMs({ requests, tokens }: RateReport, cost: number): number | undefined {
  const waits = [missingMs(requests, 1), missingMs(tokens, cost)].filter((ms) => ms > 0);
  return waits.length === 0 ? undefined : Math.ceil(Math.max(...waits));
}

function missingMs(window: RateWindow | undefined, cost: number): number {
  return window?.perMs === undefined ? 0 : (Math.min(cost, window.limit) - window.remaining) / window.perMs;
}

function tooBusy(name: string, retryAfterMs: number): AppError {
  return new AppError('EMBEDDER_RATE_LIMITED', { message: `embedders.${name} is at its rate limit, try again later`, retryAfterMs });
}

/** Without the shared pace each process keeps its own: refusals are what it learns from then. */
function survivingPace({ pace, clock, log, name }: PacedOptions): Pace {
  const own = createInProcessPace(clock);
  if (pace === undefined) return own;
  let isLost = false;
  const orOwn = async <T>(shared: Promise<T>, instead: () => Promise<T>): Promise<T> => {
    try {
      const value = await shared;
      isLost = false;
      return value;
    } catch (error) {
      if (!isLost)
        log.warn({ embedder: name, reason: describeError(error) }, 'the shared rate limit is not to be had; this process keeps its own');
      isLost = true;
      return await instead();
    }
  };
  return {
    take: (account, cost, limits) => orOwn(pace.take(account, cost, limits), () => own.take(account, cost, limits)),
    pauseMs: (account) => orOwn(pace.pauseMs(account), () => own.pauseMs(account)),
    settle: (account, report) => orOwn(pace.settle(account, report), () => own.settle(account, report)),
  };
}

/** Between refusals that do not say how long to wait. */
const UNTOLD = { baseMs: 1_000, maxMs: 30_000, jitter: 0.1 };
/** Then the service is asked whether it still means it. */
const MAX_PAUSE_MS = 300_000;
const LOUD_REFUSALS = 5;
