/** What a handler puts out, checked whole and in one form: nothing that clients cannot read gets into the log. */
import { AppError } from '../../base/errors.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import { surelyExceedsJsonBytes } from '../../base/json-size.js';
import type { Artifact, Part } from '../../protocol/a2a.js';
import { FieldReader, kindOf, Problems } from '../../protocol/field-reader.js';
import { readParts } from '../../protocol/read-message.js';

export interface ReadStatement {
  readonly parts: readonly Part[];
  readonly messageMetadata?: JsonObject;
  readonly metadata?: JsonObject;
  readonly extensions?: readonly string[];
  readonly referenceTaskIds?: readonly string[];
}

export type ReadOutput =
  | { readonly type: 'text'; readonly text: string; readonly artifactId: string }
  | { readonly type: 'artifact'; readonly artifact: Artifact; readonly append: boolean; readonly lastChunk: boolean }
  | ({ readonly type: 'status' | 'message' | 'completed' | 'failed' | 'rejected' } & ReadStatement)
  | ({ readonly type: 'input-required' | 'auth-required'; readonly expiresAfterMs?: number } & ReadStatement);

/** @throws AppError `AGENT_RESPONSE_INVALID` that names every member that is wrong. */
export function readOutput(output: unknown, agent: string, maxBytes = Number.POSITIVE_INFINITY): ReadOutput {
  // Before anything is made of it: an output of a gigabyte would be written out to be refused.
  if (surelyExceedsJsonBytes(output, maxBytes))
    throw invalid(agent, `it has more than server.limits.max_event_bytes allows (${maxBytes} bytes as JSON); put out smaller parts`);
  if (typeof output === 'string') return { type: 'text', text: output, artifactId: RESPONSE };
  const problems = new Problems();
  const plain = isJsonObject(output) ? toPlainJson(output, problems) : output;
  if (!isJsonObject(plain)) throw invalid(agent, `${problems.list[0]?.description ?? `${kindOf(output)} is no output`}; ${WANTED}`);
  const fields = new FieldReader(plain, '', problems);
  const read = readFields(plain['type'], fields, problems);
  if (read === undefined) throw invalid(agent, `the type is ${describe(plain['type'])}; ${WANTED}`);
  const [first] = problems.list;
  if (first !== undefined)
    throw invalid(agent, `${String(plain['type'])}: ${problems.list.map((one) => `${one.field} ${one.description}`).join('; ')}`);
  return read;
}

export function invalid(agent: string, problem: string): AppError {
  return new AppError('AGENT_RESPONSE_INVALID', {
    message: `The agent '${agent}' answered with something that cannot be sent: ${problem}`,
  });
}

function readFields(type: unknown, fields: FieldReader, problems: Problems): ReadOutput | undefined {
  switch (type) {
    case 'text': {
      const text = fields.value('text');
      if (typeof text !== 'string') fields.problem('text', `must be a string, not ${kindOf(text)}`);
      return { type, text: String(text), artifactId: fields.optionalText('artifactId') ?? RESPONSE };
    }
    case 'artifact': {
      const append = fields.boolean('append') ?? false;
      const artifact = {
        artifactId: fields.requiredId('artifactId', 'is required: an id that is unique within the task'),
        ...optional('name', fields.text('name')),
        ...optional('description', fields.text('description')),
        parts: readContent(fields, problems, true),
        ...optional('metadata', fields.struct('metadata')),
        ...optional('extensions', fields.texts('extensions')),
      };
      return { type, artifact, append, lastChunk: fields.boolean('lastChunk') ?? !append };
    }
    case 'input-required':
    case 'auth-required': {
      const expiresAfterMs = fields.count('expiresAfterMs');
      return { type, ...readStatement(fields, problems, true), ...optional('expiresAfterMs', expiresAfterMs) };
    }
    case 'status':
    case 'message':
    case 'failed':
    case 'rejected':
      return { type, ...readStatement(fields, problems, true) };
    case 'completed':
      return { type, ...readStatement(fields, problems, false) };
    default:
      return undefined;
  }
}

function readStatement(fields: FieldReader, problems: Problems, needsContent: boolean): ReadStatement {
  return {
    parts: readContent(fields, problems, needsContent),
    ...optional('messageMetadata', fields.struct('messageMetadata')),
    ...optional('metadata', readStatusMetadata(fields)),
    ...optional('extensions', fields.texts('extensions')),
    ...optional('referenceTaskIds', fields.texts('referenceTaskIds')),
  };
}

/** What agents above this one, and the limits of the run, read there is for Hector alone to write. */
function readStatusMetadata(fields: FieldReader): JsonObject | undefined {
  const metadata = fields.struct('metadata');
  for (const key of Object.keys(metadata ?? {}).filter((name) => name.startsWith(RESERVED)))
    fields.problem('metadata', `must not have the key '${key.slice(0, 100)}': names that begin with ${RESERVED} are Hector's own`);
  return metadata;
}

function readContent(fields: FieldReader, problems: Problems, isNeeded: boolean): readonly Part[] {
  const hasText = fields.value('text') !== undefined;
  const hasParts = fields.value('parts') !== undefined;
  if (hasText && hasParts) fields.problem('parts', 'must not stand beside text: give one of them');
  if (hasText) return [{ text: fields.text('text') ?? '' }];
  return hasParts || isNeeded ? readParts(fields, problems, { maxParts: MAX_PARTS }) : [];
}

/** As it will be read back from the log: dates become texts, what is undefined is gone, bytes become base64. */
function toPlainJson(value: object, problems: Problems): unknown {
  try {
    return JSON.parse(JSON.stringify(value, bytesAsBase64));
  } catch (error) {
    problems.add('', `it is no JSON (${error instanceof Error ? error.message : String(error)})`);
    return undefined;
  }
}

/** A Buffer has turned itself into an object by the time it is seen here; `this` still holds it. */
function bytesAsBase64(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Uint8Array ? Buffer.from(original.buffer, original.byteOffset, original.byteLength).toString('base64') : value;
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: Value };
}

function describe(type: unknown): string {
  return typeof type === 'string' ? `'${type.slice(0, 40)}'` : type === undefined ? 'missing' : kindOf(type);
}

export const RESPONSE = 'response';
/** Of keys in status metadata. */
const RESERVED = 'hector:';
const WANTED =
  'wanted a string, or an object whose type is text, artifact, status, input-required, auth-required, message, completed, failed or rejected';
const MAX_PARTS = 10_000;
