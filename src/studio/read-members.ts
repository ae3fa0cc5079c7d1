/** The rules that all bodies and queries of the management API share. */
import { AppError } from '../base/errors.js';
import { isJsonObject } from '../base/json.js';
import { FieldReader, kindOf, Problems } from '../protocol/field-reader.js';

/** The body as an object with no members but these; problems with single members are collected. */
export function readBody(body: unknown, members: readonly string[], example: string, problems: Problems): FieldReader {
  if (!isJsonObject(body)) {
    const seen = body === undefined ? 'there is none' : `not ${kindOf(body)}`;
    throw new AppError('PARAMS_INVALID', {
      message: `the body must be a JSON object such as ${example} (${seen})`,
      problems: [{ field: 'body', description: `must be a JSON object such as ${example} (${seen})` }],
    });
  }
  findUnknown(Object.keys(body), members, problems);
  return new FieldReader(body, '', problems);
}

/** No body, or an empty object. */
export function assertNoMembers(body: unknown): void {
  if (body === undefined) return;
  const problems = new Problems();
  readBody(body, [], '{}', problems);
  problems.throwIfAny();
}

export function findUnknown(names: readonly string[], known: readonly string[], problems: Problems): void {
  const wanted = known.length === 0 ? 'none is known here' : `known are ${known.join(', ')}`;
  for (const name of names) if (!known.includes(name)) problems.add(name.slice(0, 100), `is not known; ${wanted}`);
}
