/** The JSON-RPC envelope of a request (J1, J4). */
import { AppError } from '../base/errors.js';
import { isJsonObject } from '../base/json.js';
import { kindOf } from '../protocol/field-reader.js';

export type JsonRpcId = string | number | null;

export interface JsonRpcCall {
  readonly id: JsonRpcId;
  readonly method: string;
  /** As sent; operations check it. */
  readonly params: unknown;
}

/** What was wrong, with the id to answer under when it could be read. */
export class EnvelopeError extends Error {
  readonly id: JsonRpcId;

  constructor(id: JsonRpcId, cause: AppError) {
    super(cause.message, { cause });
    this.name = 'EnvelopeError';
    this.id = id;
  }
}

/** @throws EnvelopeError */
export function readEnvelope(body: Buffer): JsonRpcCall {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    const message = body.length === 0 ? 'Invalid JSON payload: the body is empty' : 'Invalid JSON payload';
    throw new EnvelopeError(null, new AppError('REQUEST_INVALID_JSON', { message, cause }));
  }
  if (Array.isArray(value)) throw refusal(null, 'batches are not supported; send one request per call');
  if (!isJsonObject(value)) throw refusal(null, `the body must be an object, not ${kindOf(value)}`);
  const { id, jsonrpc, method, params } = value as Readonly<Record<string, unknown>>;
  const isId = typeof id === 'string' || typeof id === 'number' || id === null;
  const answerId = isId ? id : null;
  if (jsonrpc !== '2.0') throw refusal(answerId, 'jsonrpc must be "2.0"');
  // Every A2A call has an answer, so one that wants none (a JSON-RPC notification) is a mistake.
  if (id === undefined) throw refusal(null, 'id is missing; A2A knows no notifications');
  if (!isId) throw refusal(null, `id must be a string, a number or null, not ${kindOf(id)}`);
  if (typeof method !== 'string')
    throw refusal(answerId, method === undefined ? 'method is missing' : `method must be a string, not ${kindOf(method)}`);
  return { id: answerId, method, params };
}

/** The id of what may be a request: `null` when there is none to be read. */
export function findEnvelopeId(body: Buffer): JsonRpcId {
  try {
    return readEnvelope(body).id;
  } catch (error) {
    return error instanceof EnvelopeError ? error.id : null;
  }
}

function refusal(id: JsonRpcId, reason: string): EnvelopeError {
  return new EnvelopeError(id, new AppError('REQUEST_INVALID', { message: `Request payload validation error: ${reason}` }));
}
