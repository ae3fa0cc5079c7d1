/** CFG-86 */
export interface RateLimitingSettings {
  readonly enabled: boolean;
  /** Of limits that name none. */
  readonly scope: 'session' | 'user' | 'tenant';
  readonly backend: 'redis' | 'sql';
  /** Name in `databases`; '' = that of `storage`. */
  readonly sqlDatabase: string;
  /** What is done while the windows cannot be reached. */
  readonly onFailure: 'count_locally' | 'allow' | 'refuse';
  readonly limits: readonly RateLimitRule[];
  /** Of one caller, at once; 0 = any number. */
  readonly maxActiveRuns: number;
}

export interface RateLimitRule {
  readonly type: 'token' | 'count' | 'request';
  readonly window: 'minute' | 'hour' | 'day' | 'week' | 'month';
  readonly scope: 'session' | 'user' | 'tenant';
  readonly limit: number;
}
