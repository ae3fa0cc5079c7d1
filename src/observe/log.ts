/** The process's log. pino underneath; nothing else in Hector writes to the console (CLI output apart). */

import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import { describeError } from '../base/errors.js';
import { escapeLine } from './escape-line.js';
import { redactJsonLine } from './redact.js';
import { currentTraceIds } from './trace.js';

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** Default `info`. */
  readonly level: LogLevel;
  /** File to append to; '' = stderr. */
  readonly file: string;
  /** `simple`: one short line; `verbose`: time, level and fields; `json`: one object per line. */
  readonly format: 'simple' | 'verbose' | 'json';
  /** Who did what, beside the log (SEC-16). Default: not. */
  readonly audit?: boolean;
  /** File that audit records go to instead, which turns them on, too. Default '': where the log goes. */
  readonly auditFile?: string;
}

/** Every line is redacted, whatever its format, and in those for people nothing in it looks like another line. */
export function createLogger(options: LogOptions): Logger {
  const stream = options.file === '' ? destination({ dest: 2, sync: true }) : destination({ dest: options.file, mkdir: true, sync: true });
  const { format } = options;
  const target: DestinationStream = {
    write(line) {
      const redacted = redactJsonLine(line);
      stream.write(format === 'json' ? redacted : formatLine(redacted, format));
    },
  };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeForLog },
      mixin: () => currentTraceIds() ?? {},
    },
    target,
  );
}

/** A logger that says nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });

function formatLine(line: string, format: 'simple' | 'verbose'): string {
  const {
    level,
    time,
    msg = '',
    ...fields
  } = JSON.parse(line) as { level: string; time: string; msg?: string; err?: { message?: string }; reason?: unknown };
  if (format === 'verbose') {
    const tail = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
    return `${escapeLine(`${time} ${level.toUpperCase().padEnd(5)} ${msg}${tail}`)}\n`;
  }
  const why = fields.err?.message || fields.reason;
  const tail = typeof why === 'string' && why !== '' ? `: ${why}` : '';
  return `${escapeLine(`${level === 'info' ? '' : `${level}: `}${msg}${tail}`)}\n`;
}

/**
 * An error as the log has it: what it is called and says, never its other fields. Drivers put the commands there that failed,
 * and with them passwords and what people wrote.
 */
function describeForLog(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    ...(typeof code === 'string' ? { code } : {}),
    message: depth === 0 ? describeError(error) : message,
    ...(depth === 0 ? { stack } : {}),
    ...(cause === undefined || depth >= 4 ? {} : { cause: describeForLog(cause, depth + 1) }),
  };
}
