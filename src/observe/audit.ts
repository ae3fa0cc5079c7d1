/**
 * Who did what, and whether it went well (SEC-16): one line of JSON per act, beside the log or in a file of its own. Off, the log is told of
 * whoever is refused, and of nothing else.
 *
 * Owns: its file; who was seen lately, at most `MAX_SEEN` (beyond, the one seen first is told anew). What a line says is redacted; it never holds
 * what was said, asked or answered, nor what an unproved token says.
 *
 * - U1 Every act is one line, but for these two: a caller that comes in is told once in `CALLER_NEWS_MS`, and while the audit is off a
 *   refusal is told to the log once in `REFUSAL_NEWS_MS` for each address and reason, so that nobody can fill the log.
 */
import { destination } from 'pino';
import type { Clock } from '../base/clock.js';
import { redactJsonLine } from './redact.js';

export type AuditAction =
  | 'auth.authenticate'
  | 'auth.authorize'
  | 'agent.request'
  | 'agent.cancel'
  | 'tool.run'
  | 'guardrail.violation'
  | 'config.save'
  | 'error';

export interface AuditRecord {
  readonly action: AuditAction;
  /** The caller, as owners are called; '' = nobody knows. */
  readonly user: string;
  readonly success: boolean;
  readonly agent?: string;
  readonly tool?: string;
  readonly taskId?: string;
  readonly callId?: string;
  readonly remoteAddress?: string;
  /** What it showed to come in. */
  readonly credential?: 'token' | 'api_key' | 'none';
  /** Code of what went wrong, or why somebody was refused. */
  readonly error?: string;
}

export interface Audit {
  /** Never throws. */
  record(act: AuditRecord): void;
  /** May be called twice. */
  close(): void;
}

export const silentAudit: Audit = { record() {}, close() {} };

/** What is asked of a log here. */
export interface AuditLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface AuditOptions {
  readonly enabled: boolean;
  /** File to append to; '' = standard error. */
  readonly file: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Told of refusals while the audit is off, and of records that could not be written. */
  readonly log: AuditLog;
}

export function createAudit(options: AuditOptions): Audit {
  return options.enabled ? openAudit(options) : createRefusalLog(options);
}

function openAudit({ file, clock, log }: AuditOptions): Audit {
  const onFailure = (error: unknown) => log.error({ err: error }, 'an audit record could not be written');
  const stream = file === '' ? destination({ dest: 2, sync: true }) : destination({ dest: file, mkdir: true, sync: true });
  // A disk that is full must not end the process.
  stream.on('error', onFailure);
  const callers = new News(clock, CALLER_NEWS_MS);
  let isClosed = false;
  return {
    record(act) {
      if (isClosed) return;
      const { action, user, success, credential, remoteAddress } = act;
      if (action === 'auth.authenticate' && success && !callers.isNews([user, credential, remoteAddress])) return;
      const line = { timestamp: new Date(clock.now()).toISOString(), level: success ? 'info' : 'warn', ...toLine(act) };
      try {
        stream.write(redactJsonLine(`${JSON.stringify(line)}\n`));
      } catch (error) {
        onFailure(error);
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      if (file !== '') stream.end();
    },
  };
}

function createRefusalLog({ clock, log }: AuditOptions): Audit {
  const refusals = new News(clock, REFUSAL_NEWS_MS);
  return {
    record(act) {
      const { action, user, success, error, remoteAddress } = act;
      if (success || !action.startsWith('auth.') || !refusals.isNews([action, user, error, remoteAddress])) return;
      log.warn(toLine(act), `access refused${error === undefined ? '' : `: ${error}`}`);
    },
    close() {},
  };
}

function toLine({ action, user, success, taskId, callId, remoteAddress, ...rest }: AuditRecord) {
  return {
    component: 'audit',
    action,
    user,
    success,
    ...rest,
    ...(taskId === undefined ? {} : { task_id: taskId }),
    ...(callId === undefined ? {} : { call_id: callId }),
    ...(remoteAddress === undefined ? {} : { remote_address: remoteAddress }),
  };
}

/** What was not told within a time. */
class News {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #forMs: number;
  /** Until when, oldest first. */
  readonly #told = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonic'>, forMs: number) {
    this.#clock = clock;
    this.#forMs = forMs;
  }

  isNews(about: readonly unknown[]): boolean {
    const key = JSON.stringify(about);
    const now = this.#clock.monotonic();
    const until = this.#told.get(key);
    if (until !== undefined && now < until) return false;
    // Behind all others, as it is the newest.
    this.#told.delete(key);
    if (this.#told.size >= MAX_SEEN) this.#told.delete(this.#told.keys().next().value as string);
    this.#told.set(key, now + this.#forMs);
    return true;
  }
}

const MAX_SEEN = 10_000;
const CALLER_NEWS_MS = 15 * 60 * 1000;
const REFUSAL_NEWS_MS = 60 * 1000;
