/** Contract of what counts requests and tokens in windows of time. A window begins with the first thing that is counted in it. */
export interface WindowTake {
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  /** What is added; 0 only asks whether anything is left. */
  readonly cost: number;
}

export interface WindowState {
  readonly used: number;
  /** Until it ends, milliseconds; that of a whole window where none has begun. */
  readonly resetMs: number;
}

export interface TakeOutcome {
  /** False: at least one had nothing left, and nothing was counted in any. */
  readonly isTaken: boolean;
  /** In the order of what was asked. */
  readonly windows: readonly WindowState[];
}

export interface RateWindows {
  /** All of them or none, at once for all who count here. */
  take(takes: readonly WindowTake[]): Promise<TakeOutcome>;
  /** Counts what was used already, beyond the limit if need be. */
  spend(spends: readonly Omit<WindowTake, 'limit'>[]): Promise<void>;
}
