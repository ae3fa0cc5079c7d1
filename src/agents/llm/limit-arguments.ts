import type { ToolCallPart } from '../../tasks/session-message.js';
import { ANSWER_FACTOR, cutToJsonBytes } from './json-bytes.js';

/**
 * Arguments that are too large are not kept, only their size: the call becomes an error result (AGT-07), and no row of the log
 * outgrows what databases take. Also bounds the arguments of one answer together, and the name, which no tool has at such a length.
 */
export function createArgumentsLimit(maxBytes: number): (call: ToolCallPart) => ToolCallPart {
  let left = maxBytes * ANSWER_FACTOR;
  return (given) => {
    const call = given.name.length <= MAX_NAME ? given : { ...given, name: cutToJsonBytes(given.name, MAX_NAME) };
    // Before anything goes down into them: that ends with the stack.
    if (isDeeperThan(call.arguments, MAX_DEPTH))
      return { ...call, arguments: {}, invalidArguments: `(nested more than ${MAX_DEPTH} deep)` };
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
/** Characters; model providers take 64. */
const MAX_NAME = 200;
const MAX_DEPTH = 100;

function isDeeperThan(value: unknown, maxDepth: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    level = level.flatMap((member) => (typeof member === 'object' && member !== null ? Object.values(member) : []));
  }
  return false;
}
