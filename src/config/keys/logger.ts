import { resolve } from 'node:path';
import type { LogLevel, LogOptions } from '../../observe/log.js';
import type { Environment } from '../environment.js';
import type { Finding } from '../problem.js';
import { choice, flag, type Static, section, text } from '../schema-builder.js';
import type { ResolveContext } from './resolve-context.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];
export const LOG_FORMATS = ['simple', 'verbose', 'json'] as const satisfies readonly LogOptions['format'][];

export const LoggerSchema = section(
  {
    level: choice(LOG_LEVELS, 'Least important messages that are written.', { default: 'info' }),
    file: text('File to append to; empty is the standard error output.', { default: '' }),
    format: choice(LOG_FORMATS, 'Form of a line.', { default: 'simple' }),
    audit: flag('Who did what, one line of JSON per act, beside the log (SEC-16). A file of its own turns it on, too.', { default: false }),
    audit_file: text('File that audit lines are appended to; empty is where the log goes.', { default: '' }),
  },
  'The log. The variables LOG_LEVEL, LOG_FILE and LOG_FORMAT go before it, and the flags before those.',
);

/** CLI-14: the environment goes before the file; flags arrive as the environment. */
export function resolveLogger(logger: Static<typeof LoggerSchema>, context: ResolveContext): LogOptions {
  const absolute = (file: string) => (file === '' ? '' : resolve(context.workingDirectory, file));
  return {
    level: oneOf(LOG_LEVELS, context.environment.LOG_LEVEL) ?? logger.level,
    file: absolute(context.environment.LOG_FILE ?? logger.file),
    format: oneOf(LOG_FORMATS, context.environment.LOG_FORMAT) ?? logger.format,
    audit: logger.audit,
    auditFile: absolute(logger.audit_file),
  };
}

/** An unknown value is an error, never a silent other one (CLI-11). */
export function checkLogVariables(environment: Environment): Finding[] {
  const findings: Finding[] = [];
  for (const [name, allowed] of [
    ['LOG_LEVEL', LOG_LEVELS],
    ['LOG_FORMAT', LOG_FORMATS],
  ] as const) {
    const value = environment[name] ?? '';
    if (value === '' || oneOf(allowed, value) !== undefined) continue;
    findings.push({ path: [name], description: `the variable is '${value}'; wanted one of ${allowed.join(', ')}` });
  }
  return findings;
}

function oneOf<V extends string>(allowed: readonly V[], value: string | undefined): V | undefined {
  return allowed.find((item) => item === value);
}
