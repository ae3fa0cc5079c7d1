/** Errors as 0.3 has them: its own seven codes, data of any form, and over HTTP+JSON an object without an envelope. */
import { AppError, hasCode } from '../../base/errors.js';
import { httpErrorBody, toWireError, type WireError } from '../errors.js';
import type { LegacyObject } from './legacy-form.js';

const UNSUPPORTED = -32004;
/** Of 1.0 alone: a required extension, a version. */
const UNKNOWN_TO_LEGACY: ReadonlySet<number> = new Set([-32008, -32009]);

/** What SDKs of 0.3 call them over HTTP+JSON; ours have the name of the nearest. */
const TYPES: Readonly<Record<number, string>> = {
  [-32001]: 'TaskNotFoundError',
  [-32002]: 'TaskNotCancelableError',
  [-32003]: 'PushNotificationNotSupportedError',
  [UNSUPPORTED]: 'UnsupportedOperationError',
  [-32005]: 'ContentTypeNotSupportedError',
  [-32006]: 'InvalidAgentResponseError',
  [-32007]: 'AuthenticatedExtendedCardNotConfiguredError',
  [-32600]: 'InvalidRequestError',
  [-32601]: 'MethodNotFoundError',
  [-32602]: 'InvalidParamsError',
  [-32603]: 'InternalError',
  [-32700]: 'JSONParseError',
};

export interface LegacyError {
  readonly code: number;
  readonly message: string;
  /** `reason` tells what the code cannot. */
  readonly data: LegacyObject;
}

export function toLegacyError({ jsonRpcCode, message, details }: WireError): LegacyError {
  const data = Object.assign({}, ...details.map(({ '@type': _, ...detail }) => detail)) as LegacyObject;
  return { code: UNKNOWN_TO_LEGACY.has(jsonRpcCode) ? UNSUPPORTED : jsonRpcCode, message, data };
}

/** The answer to a failure on a path of 0.3. */
export function legacyErrorBody(thrown: unknown): ReturnType<typeof httpErrorBody> {
  const error = toLegacyError(toWireError(thrown));
  return { ...httpErrorBody(thrown), body: JSON.stringify({ type: TYPES[error.code], ...error }) };
}

/** Runs an operation of 1.0; what it finds wrong is told with the field names of 0.3. */
export async function withFieldNames<Result>(rename: (path: string) => string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!hasCode(error, 'PARAMS_INVALID')) throw error;
    const { message, problems } = error as AppError;
    const [first] = problems;
    if (first === undefined) throw error;
    throw new AppError('PARAMS_INVALID', {
      message: message.replace(first.field, () => rename(first.field)),
      problems: problems.map(({ field, description }) => ({ field: rename(field), description })),
      cause: error,
    });
  }
}
