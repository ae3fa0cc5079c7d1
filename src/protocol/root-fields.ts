import { AppError } from '../base/errors.js';
import { isJsonObject } from '../base/json.js';
import { FieldReader, kindOf, type Problems } from './field-reader.js';

/** The fields of a request. @throws AppError `PARAMS_INVALID` when it is no object at all. */
export function rootFields(params: unknown, problems: Problems): FieldReader {
  if (isJsonObject(params)) return new FieldReader(params, '', problems);
  const seen = params === undefined ? 'they are missing' : `not ${kindOf(params)}`;
  throw new AppError('PARAMS_INVALID', {
    message: `Invalid parameters: params must be an object (${seen})`,
    problems: [{ field: 'params', description: `must be an object (${seen})` }],
  });
}
