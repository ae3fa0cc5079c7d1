/** The tools of planned runs: each call is a request to the effect server, which counts what really arrives. */
import type { JsonObject } from '../../../src/base/json.js';
import type { Tool } from '../../../src/providers/tools/contract.js';
import type { ToolEffect } from '../../../src/tasks/tool-call.js';
import type { EffectCall } from './effect-counts.js';
import { plannedId, TOOL_NAMES } from './run-plan.js';

/** @param onCall is told of each call before anything of it leaves the process. */
export function createEffectTools(serverUrl: string, onCall: (callId: string) => void): readonly Tool[] {
  const create = (name: string, effect: ToolEffect): Tool => ({
    name,
    description: `Asks the effect server (${effect})`,
    effect,
    parameters: {
      type: 'object',
      properties: { run: { type: 'string' }, ms: { type: 'number' } },
      required: ['run', 'ms'],
    },
    async execute(args: JsonObject, context) {
      const callId = plannedId(context.callId);
      onCall(callId);
      const call: EffectCall = {
        effect,
        run: String(args['run']),
        callId,
        key: context.idempotencyKey,
        answerAfterMs: Number(args['ms']),
      };
      const response = await fetch(`${serverUrl}/calls`, { method: 'POST', body: JSON.stringify(call), signal: context.signal });
      if (!response.ok) throw new Error(`the effect server answered ${response.status}`);
      return { content: await response.text() };
    },
  });
  return [create(TOOL_NAMES.p, 'pure'), create(TOOL_NAMES.i, 'idempotent'), create(TOOL_NAMES.o, 'once')];
}
