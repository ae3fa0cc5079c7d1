import type { ToolCallPart } from '../../tasks/session-message.js';
import { ANSWER_FACTOR, cutToJsonBytes } from './json-bytes.js';

/**
 * Arguments that are too large are not kept, only their size: the call becomes an error result (AGT-07), and no row of the log
 * outgrows what databases take. Also bounds the arguments of one answer together.
 */
export function createArgumentsLimit(maxBytes: number): (call: ToolCallPart) => ToolCallPart {
  let left = maxBytes * ANSWER_FACTOR;
  return (call) => {
    if (call.invalidArguments !== undefined) {
      return { ...call, invalidArguments: cutToJsonBytes(call.invalidArguments, MAX_INVALID_BYTES) };
    }
    const bytes = Buffer.byteLength(JSON.stringify(call.arguments));
    if (bytes > maxBytes || bytes > left) return { ...call, arguments: {}, argumentsBytes: bytes };
    left -= bytes;
    return call;
  };
}

/** More of what is no JSON helps nobody. */
const MAX_INVALID_BYTES = 4_096;
