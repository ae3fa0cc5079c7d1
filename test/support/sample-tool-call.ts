import { newId } from '../../src/base/ids.js';
import { sha256Hex } from '../../src/base/json.js';
import type { ToolCallWrite } from '../../src/tasks/tool-call.js';

/** A write of the ledger, complete but for what a test is about. */
export function sampleToolCall(rest: Partial<ToolCallWrite> = {}): ToolCallWrite {
  const callId = rest.callId ?? newId();
  return {
    callId,
    tool: 'charge',
    effect: 'once',
    argumentsHash: sha256Hex('{}'),
    idempotencyKey: `key of ${callId}`,
    status: 'intended',
    ...rest,
  };
}
