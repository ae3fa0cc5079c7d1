/** What somebody is told who has used up a limit, and how much of it is left to somebody who has not (SEC-10). */
import { AppError } from '../base/errors.js';
import type { LimitUse } from '../tasks/admission.js';

/** @param full the limits that are used up; one at least. */
export function rateLimited(full: readonly LimitUse[], nowMs: number): AppError {
  // Only when the last of them has a new window, the same request may pass.
  const last = full.reduce((a, b) => (b.resetsAt > a.resetsAt ? b : a));
  const retryAfterMs = Math.max(1, last.resetsAt - nowMs);
  return new AppError('ACCESS_RATE_LIMITED', {
    message: `The limit of ${describeLimit(last)} is used up; try again in ${Math.ceil(retryAfterMs / 1_000)} s`,
    retryAfterMs,
    details: { uses: full },
  });
}

export function tooManyRuns(limit: number): AppError {
  return new AppError('ACCESS_RATE_LIMITED', {
    message: `This caller has ${limit} runs at work, as many as it may (rate_limiting.max_active_runs); wait for one to end, or cancel it`,
    retryAfterMs: 1_000,
  });
}

/** Those that an error tells of; none for any other error. */
export function limitUsesOf({ code, details }: Pick<AppError, 'code' | 'details'>): readonly LimitUse[] {
  return code === 'ACCESS_RATE_LIMITED' ? ((details['uses'] as readonly LimitUse[] | undefined) ?? []) : [];
}

/** Of the limit that is the nearest to its end. */
export function limitHeaders(uses: readonly LimitUse[]): Record<string, string> {
  const [first, ...others] = uses;
  if (first === undefined) return {};
  const { limit, used, resetsAt } = others.reduce((a, b) => (leftOf(b) < leftOf(a) ? b : a), first);
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(Math.max(0, limit - used)),
    // Seconds since the epoch.
    'x-ratelimit-reset': String(Math.ceil(resetsAt / 1_000)),
  };
}

export function describeLimit({ type, window, scope, limit }: LimitUse): string {
  return `${limit} ${WHAT[type]} per ${window} and ${scope}`;
}

function leftOf({ limit, used }: LimitUse): number {
  return Math.max(0, limit - used) / limit;
}

const WHAT = { token: 'tokens', count: 'messages', request: 'requests' } as const;
