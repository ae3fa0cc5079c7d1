/** The process's log. pino underneath; nothing else in Hector writes to the console (CLI output apart). */
import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** Default `info`. */
  readonly level: LogLevel;
  /** File to append to; '' = stderr. */
  readonly file: string;
  /** `simple`: one short line; `verbose`: time, level and fields; `json`: one object per line. */
  readonly format: 'simple' | 'verbose' | 'json';
}

export function createLogger(options: LogOptions): Logger {
  const stream = options.file === '' ? destination({ dest: 2, sync: true }) : destination({ dest: options.file, mkdir: true, sync: true });
  const target: DestinationStream =
    options.format === 'json' ? stream : { write: (line) => stream.write(formatLine(line, options.format === 'verbose')) };
  return pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    target,
  );
}

/** A logger that says nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });

function formatLine(line: string, verbose: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: string; time: string; msg?: string; err?: { message?: string } };
  const tail = verbose
    ? `${Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : ''}`
    : fields.err?.message
      ? `: ${fields.err.message}`
      : '';
  return verbose
    ? `${time} ${level.toUpperCase().padEnd(5)} ${msg ?? ''}${tail}\n`
    : `${level === 'info' ? '' : `${level}: `}${msg ?? ''}${tail}\n`;
}
