/**
 * How much callers may ask for (CFG-86, SEC-09…12): messages, calls and tokens in windows of time, and runs at work at once.
 *
 * Owns: what is counted where, and what happens while the shared windows cannot be reached. Does not own: the windows.
 * - A request takes its place in all of its windows or in none, and no window lets one more in than its limit says (W-105).
 * - Who somebody is, its credentials say, never a header (SEC-11).
 * - Tokens are counted when they are spent: what a run uses beyond the limit delays the next one. Callers without credentials share one account
 *   of tokens, as their runs have one owner.
 */
import type { Clock } from '../base/clock.js';
import { AppError, describeError, hasCode } from '../base/errors.js';
import { sha256Hex } from '../base/json.js';
import type { MaybePromise } from '../base/maybe-promise.js';
import { within } from '../base/within.js';
import type { RateLimitingSettings, RateLimitRule, Settings } from '../config/settings.js';
import type { Logger } from '../observe/log.js';
import type { Meter } from '../observe/meter.js';
import type { Admission, AdmissionRequest, Admitted, LimitUse } from '../tasks/admission.js';
import { ANONYMOUS_OWNER, tenantOfOwner } from '../tasks/owner-scope.js';
import type { TaskStore } from '../tasks/task-store.js';
import { type ActiveRuns, reserveRun } from './active-runs.js';
import { LocalRateWindows } from './local-rate-windows.js';
import { countedAs, ownerOf, type Principal } from './principal.js';
import { rateLimited, tooManyRuns } from './rate-limit-error.js';
import type { RateWindows, TakeOutcome, WindowState, WindowTake } from './rate-windows.js';

export interface RateLimitsOptions {
  /** The current ones; a reload shows at the next request. */
  readonly settings: () => RateLimitingSettings;
  /** Of all processes. */
  readonly windows: RateWindows & ActiveRuns;
  readonly store: Pick<TaskStore, 'find'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Meter;
}

/** Who spends the tokens of a run. */
export interface Spender {
  readonly owner: string;
  /** Of the run that a client began. */
  readonly findContextId: () => Promise<string>;
}

/** Of the configuration that is current. */
export function createRateLimits(
  shared: Pick<RateLimitsOptions, 'clock' | 'log' | 'metrics'>,
  { tasks: store, rateWindows: sql }: { readonly tasks: RateLimitsOptions['store']; readonly rateWindows: RateWindows | undefined },
  { rateWindows: redis }: { readonly rateWindows: RateLimitsOptions['windows'] },
  runtime: { readonly current: { readonly settings: Pick<Settings, 'rateLimiting'> } },
): RateLimits {
  const { clock, log, metrics } = shared;
  const windows = sql === undefined ? redis : withWindows(redis, sql);
  return new RateLimits({ settings: () => runtime.current.settings.rateLimiting, windows, store, clock, log, metrics });
}

/** Runs at work are of the moment, and stay where they are. */
function withWindows(runs: ActiveRuns, windows: RateWindows): RateWindows & ActiveRuns {
  return {
    take: (takes) => windows.take(takes),
    spend: (spends) => windows.spend(spends),
    reserve: (caller, taskId, limit) => runs.reserve(caller, taskId, limit),
    forget: (caller, taskIds) => runs.forget(caller, taskIds),
    list: (caller) => runs.list(caller),
  };
}

export class RateLimits implements Admission {
  readonly #options: RateLimitsOptions;
  readonly #local: LocalRateWindows;
  #isAway = false;

  constructor(options: RateLimitsOptions) {
    this.#options = options;
    this.#local = new LocalRateWindows(options.clock);
  }

  /** A message for an agent. */
  async admit({ owner, caller, contextId, taskId, isNew }: AdmissionRequest): Promise<Admitted> {
    const { enabled, maxActiveRuns } = this.#options.settings();
    if (!enabled) return UNLIMITED;
    const isPlaced = maxActiveRuns > 0;
    if (isPlaced && !(await this.#reserve(caller, taskId, maxActiveRuns))) {
      this.#count('runs', 'none', 'user');
      throw tooManyRuns(maxActiveRuns);
    }
    const forget = () => {
      // One that is continued may be at work, whatever became of the message.
      if (isPlaced && isNew) void this.#options.windows.forget(caller, [taskId]).catch(noted);
    };
    try {
      return { uses: await this.#take(['count', 'token'], { owner, caller, contextId }), forget };
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** Any call of A2A. @throws AppError `ACCESS_RATE_LIMITED`, `ACCESS_LIMITS_UNAVAILABLE`. */
  admitCall(principal: Principal): MaybePromise<readonly LimitUse[]> {
    const { enabled } = this.#options.settings();
    return enabled ? this.#take(['request'], { owner: ownerOf(principal), caller: countedAs(principal), contextId: '' }) : NO_USES;
  }

  /** Whether tokens count at all. */
  get countsTokens(): boolean {
    return this.#rulesOf(['token']).length > 0;
  }

  /** Never rejects. */
  async spend({ owner, findContextId }: Spender, tokens: number): Promise<void> {
    const rules = this.#rulesOf(['token']);
    if (rules.length === 0) return;
    try {
      const contextId = rules.some(({ scope }) => scope === 'session') ? await findContextId() : '';
      await this.#options.windows.spend(rules.map((rule) => ({ ...windowOf(rule, { owner, caller: owner, contextId }), cost: tokens })));
    } catch (error) {
      // Workers have no work either while Redis is away, so little goes uncounted.
      this.#options.log.warn({ tokens, reason: describeError(error) }, 'tokens were not counted against their limits');
    }
  }

  #rulesOf(types: readonly RateLimitRule['type'][]): readonly RateLimitRule[] {
    const { enabled, limits } = this.#options.settings();
    return enabled ? limits.filter(({ type }) => types.includes(type)) : [];
  }

  async #take(types: readonly RateLimitRule['type'][], who: Counted): Promise<readonly LimitUse[]> {
    const rules = this.#rulesOf(types);
    if (rules.length === 0) return [];
    const { clock } = this.#options;
    const takes = rules.map((rule) => ({ ...windowOf(rule, who), limit: rule.limit, cost: rule.type === 'token' ? 0 : 1 }));
    const outcome = await this.#shared(
      (windows) => windows.take(takes),
      (failure) => this.#takeAlone(takes, failure),
    );
    if (outcome === undefined) return [];
    const now = clock.now();
    const uses = rules.map((rule, index) => {
      const { used, resetMs } = outcome.windows[index] as WindowState;
      return { ...rule, used, resetsAt: now + resetMs };
    });
    if (outcome.isTaken) return uses;
    const full = uses.filter(({ used, limit }) => used >= limit);
    for (const { type, window, scope } of full) this.#count(type, window, scope);
    throw rateLimited(full, now);
  }

  async #reserve(caller: string, taskId: string, limit: number): Promise<boolean> {
    const run = { caller, taskId, limit };
    const isReserved = await this.#shared(
      (windows) => reserveRun(windows, this.#options.store, run),
      // How many are at work, this process cannot know alone.
      async (failure) => this.#whileAway(failure) === 'refuse' && Promise.reject(unavailable(failure)),
    );
    return isReserved || this.#isAway;
  }

  /** What all processes count together, or what is done while they cannot. */
  async #shared<T>(ask: (windows: RateWindows & ActiveRuns) => Promise<T>, alone: (failure: unknown) => Promise<T>): Promise<T> {
    const { windows, clock, log } = this.#options;
    try {
      const answer = await within(clock, PATIENCE_MS, ask(windows));
      if (this.#isAway) log.info('rate limits are counted together again');
      this.#isAway = false;
      return answer;
    } catch (failure) {
      // The run log's failure, not that of the windows.
      if (hasCode(failure, 'DATABASE_UNAVAILABLE') || hasCode(failure, 'DATABASE_BUSY')) throw failure;
      return alone(failure);
    }
  }

  async #takeAlone(takes: readonly WindowTake[], failure: unknown): Promise<TakeOutcome | undefined> {
    switch (this.#whileAway(failure)) {
      case 'count_locally':
        return this.#local.take(takes);
      case 'allow':
        return undefined;
      case 'refuse':
        throw unavailable(failure);
    }
  }

  #whileAway(failure: unknown): RateLimitingSettings['onFailure'] {
    const { settings, log, metrics } = this.#options;
    const { onFailure } = settings();
    if (!this.#isAway) log.warn({ reason: describeError(failure), on_failure: onFailure }, 'rate limits cannot be counted together');
    this.#isAway = true;
    metrics.count('rate_limit_outages_total', { mode: onFailure });
    return onFailure;
  }

  #count(type: string, window: string, scope: string): void {
    this.#options.metrics.count('rate_limited_total', { type, window, scope });
  }
}

interface Counted {
  readonly owner: string;
  readonly caller: string;
  readonly contextId: string;
}

/** Names that callers choose stay out of keys, which others read and which have a length. */
function windowOf({ type, window, scope }: RateLimitRule, { owner, caller, contextId }: Counted): Pick<WindowTake, 'key' | 'windowMs'> {
  const who = type === 'token' && owner === ANONYMOUS_OWNER ? owner : caller;
  const tenant = tenantOfOwner(owner);
  // No name of a caller holds a line break, so no two of them make the same text.
  const whom = scope === 'session' ? `${who}\n${contextId}` : scope === 'tenant' && tenant !== '' ? `tenant\n${tenant}` : who;
  return { key: `${type}.${window}.${scope}:${sha256Hex(whom).slice(0, 32)}`, windowMs: WINDOW_MS[window] };
}

function unavailable(cause: unknown): AppError {
  return new AppError('ACCESS_LIMITS_UNAVAILABLE', { cause, retryAfterMs: 1_000 });
}

/** It stays until the run log shows that no such run is at work. */
function noted(): void {}

const NO_USES: readonly LimitUse[] = [];
const UNLIMITED: Admitted = { uses: [], forget() {} };

/** SEC-09: a month has 30 days. */
const WINDOW_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const;
/** A connection that hangs is no better than none. */
const PATIENCE_MS = 500;
