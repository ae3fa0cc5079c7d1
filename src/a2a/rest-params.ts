/** A request of the HTTP+JSON binding as the plain params that operations take. */
import { AppError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { kindOf } from '../protocol/field-reader.js';
import type { BindingRequest } from './binding-reply.js';
import type { QueryFields, RestRoute } from './rest-routes.js';

export interface RestCall {
  readonly route: RestRoute;
  /** Decoded values of the path: `name` of the agent, fields of the request by theirs, `tenant` where the path has one. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly request: BindingRequest;
}

const TENANT: QueryFields = { tenant: 'text' };

/**
 * The query, the body of a POST, and the path, which wins over both. Nothing is judged here but the body's form and
 * a tenant that is told twice: fields are checked by the operation's reader, all at once (E6).
 */
export function readRestParams({ route, parameters, request }: RestCall): Record<string, unknown> {
  const { tenant, name: _agent, ...fields } = parameters;
  const asked = readQuery(request.query, route.query ?? {});
  const given = route.method === 'POST' ? { ...asked, ...readBody(request.body) } : asked;
  const params: Record<string, unknown> = { ...given, ...fields };
  addTenant(params, [tenant, readQuery(request.query, TENANT).tenant]);
  return params;
}

/** RE5: nothing and `null` are an empty request. */
function readBody(body: Buffer): JsonObject {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AppError('REQUEST_INVALID_JSON', { message: 'Invalid JSON payload', cause });
  }
  if (value === null) return {};
  if (isJsonObject(value)) return value;
  const description = `must be an object, not ${kindOf(value)}`;
  throw new AppError('PARAMS_INVALID', {
    message: `Invalid parameters: the body ${description}`,
    problems: [{ field: 'body', description }],
  });
}

/**
 * RE3: the known fields in either spelling (D6); what is unknown is passed over (D5). A field that comes more than once becomes a list,
 * and a text that is no boolean stays one: the reader then names the field.
 */
export function readQuery(query: URLSearchParams, fields: QueryFields): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(fields)) {
    const texts = [...new Set([name, snakeCase(name)])].flatMap((spelling) => query.getAll(spelling));
    const [first] = texts;
    if (first !== undefined) values[name] = texts.length > 1 ? texts : readValue(first, type);
  }
  return values;
}

function readValue(text: string, type: QueryFields[string]): unknown {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  // The `+` of an offset that was not encoded has been read as a space.
  return type === 'timestamp' ? text.replace(' ', '+') : text;
}

/** U1: from the path, the query or the body; what is told twice must agree, as one of them may have been checked by a proxy. */
function addTenant(params: Record<string, unknown>, others: readonly unknown[]): void {
  for (const tenant of others) {
    if (tenant === undefined || tenant === '') continue;
    const known = params.tenant ?? '';
    if (known !== '' && known !== tenant) {
      const description = 'differs between the path, the query and the body of the request';
      throw new AppError('PARAMS_INVALID', {
        message: `Invalid parameters: tenant: ${description}`,
        problems: [{ field: 'tenant', description }],
      });
    }
    params.tenant = tenant;
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
