/** Data parts of 0.3 hold objects only. Other values travel as the SDKs have them travel: as `value` of an object, with a mark. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.js';

const MARK = 'data_part_compat';

export interface LegacyData {
  readonly data: JsonObject;
  readonly metadata?: JsonObject;
}

export function wrapData(value: JsonValue, metadata: JsonObject | undefined): LegacyData {
  if (isJsonObject(value)) return { data: value, ...(metadata === undefined ? {} : { metadata }) };
  return { data: { value }, metadata: { ...metadata, [MARK]: true } };
}

export function unwrapData(data: JsonObject, metadata: unknown): { readonly data: JsonValue; readonly metadata?: unknown } {
  if (!isJsonObject(metadata) || metadata[MARK] !== true || data.value === undefined) {
    return { data, ...(metadata === undefined ? {} : { metadata }) };
  }
  const { [MARK]: _mark, ...rest } = metadata;
  return { data: data.value, ...(Object.keys(rest).length === 0 ? {} : { metadata: rest }) };
}
