/**
 * Who did what, and whether it went well (SEC-16): one line of JSON per act, beside the log or in a file of its own.
 *
 * Owns: its file. What a line says is redacted; it never holds what was said, asked or answered.
 */
import { destination } from 'pino';
import { redactJsonLine } from './redact.js';

export type AuditAction = 'auth.authenticate' | 'auth.authorize' | 'agent.request' | 'agent.cancel' | 'tool.run' | 'config.save' | 'error';

export interface AuditRecord {
  readonly action: AuditAction;
  /** Subject of the caller; '' = nobody knows. */
  readonly user: string;
  readonly success: boolean;
  readonly agent?: string;
  readonly tool?: string;
  readonly taskId?: string;
  readonly callId?: string;
  readonly remoteAddress?: string;
  /** Code of what went wrong. */
  readonly error?: string;
}

export interface Audit {
  /** Records go somewhere. */
  readonly isOn: boolean;
  /** Never throws. */
  record(act: AuditRecord): void;
  /** May be called twice. */
  close(): void;
}

export const silentAudit: Audit = { isOn: false, record() {}, close() {} };

export interface AuditOptions {
  readonly enabled: boolean;
  /** File to append to; '' = standard error. */
  readonly file: string;
}

export function createAudit({ enabled, file }: AuditOptions, now: () => number, onFailure: (error: unknown) => void): Audit {
  if (!enabled) return silentAudit;
  const stream = file === '' ? destination({ dest: 2, sync: true }) : destination({ dest: file, mkdir: true, sync: true });
  // A disk that is full must not end the process.
  stream.on('error', onFailure);
  let isClosed = false;
  return {
    isOn: true,
    record({ action, user, success, taskId, callId, remoteAddress, ...rest }) {
      if (isClosed) return;
      const line = {
        timestamp: new Date(now()).toISOString(),
        level: success ? 'info' : 'warn',
        component: 'audit',
        action,
        user,
        success,
        ...rest,
        ...(taskId === undefined ? {} : { task_id: taskId }),
        ...(callId === undefined ? {} : { call_id: callId }),
        ...(remoteAddress === undefined ? {} : { remote_address: remoteAddress }),
      };
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
