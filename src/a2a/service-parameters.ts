/** The protocol version of a call (V1–V4). */
import { AppError } from '../base/errors.js';

const VERSION = 'a2a-version';

/**
 * Throws `VERSION_NOT_SUPPORTED` unless the call speaks 1.0.
 * @param assumed what a call without a version speaks; '' = 0.3, as the protocol says (V3).
 */
export function assertVersion(headers: Readonly<Record<string, string>>, query: URLSearchParams, assumed: '' | '1.0'): void {
  const given = readVersion(headers, query);
  const version = given === '' ? assumed : given;
  // V4: a patch number says nothing.
  if (/^1\.0(\.\d+)?$/.test(version)) return;
  const seen = given === '' ? 'a call without A2A-Version means 0.3' : `not '${given.slice(0, 40)}'`;
  throw new AppError('VERSION_NOT_SUPPORTED', {
    message: `The protocol version is not supported: this agent speaks 1.0 (${seen}); send the header A2A-Version: 1.0`,
  });
}

/** As the call tells it: header before query (V1); '' = it does not. */
export function readVersion(headers: Readonly<Record<string, string>>, query: URLSearchParams | undefined): string {
  const told = headers[VERSION] || (query === undefined ? undefined : findQueryVersion(query)) || '';
  if (!told.includes(',')) return told.trim();
  const values = told.split(',').map((value) => value.trim());
  // A proxy that adds the header which is there already says nothing new (H1).
  return [...new Set(values)].join(', ');
}

/** H1: names of service parameters are case-insensitive. */
function findQueryVersion(query: URLSearchParams): string | undefined {
  for (const [name, value] of query) if (name.toLowerCase() === VERSION) return value;
  return undefined;
}
