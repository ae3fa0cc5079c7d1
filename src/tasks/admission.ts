/** Port to what limits how much a caller may ask for; implemented by `access/`. */
export type LimitScope = 'session' | 'user' | 'tenant';
export type LimitWindow = 'minute' | 'hour' | 'day' | 'week' | 'month';

/** How much of a limit is used up. */
export interface LimitUse {
  readonly type: 'token' | 'count' | 'request';
  readonly window: LimitWindow;
  readonly scope: LimitScope;
  readonly limit: number;
  readonly used: number;
  /** When its window ends. */
  readonly resetsAt: number;
}

export interface AdmissionRequest {
  readonly owner: string;
  /** Whom limits count. */
  readonly caller: string;
  readonly contextId: string;
  /** Of the run that the message begins or continues. */
  readonly taskId: string;
  /** The message begins it. */
  readonly isNew: boolean;
}

export interface Admitted {
  readonly uses: readonly LimitUse[];
  /** The message began no run and continued none. */
  forget(): void;
}

export interface Admission {
  /** @throws AppError `ACCESS_RATE_LIMITED`, `ACCESS_LIMITS_UNAVAILABLE`. */
  admit(request: AdmissionRequest): Promise<Admitted>;
}
