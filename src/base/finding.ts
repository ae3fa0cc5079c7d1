/** What a check of `hector doctor` found. */
export interface Finding {
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was looked at, e.g. `Redis memory policy`. */
  readonly check: string;
  readonly message: string;
  /** What to do about it. Default: nothing. */
  readonly cure?: string;
}

export function ok(check: string, message: string): Finding {
  return { status: 'ok', check, message };
}

export function warn(check: string, message: string, cure: string): Finding {
  return { status: 'warn', check, message, cure };
}

export function fail(check: string, message: string, cure: string): Finding {
  return { status: 'fail', check, message, cure };
}
