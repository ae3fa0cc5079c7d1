/** Somebody who answers what runs ask: plain questions, approvals, outcomes that nobody knows. */
import type { JsonObject } from '../../../src/base/json.js';
import type { Part } from '../../../src/protocol/a2a.js';
import { TOOLS, type ToolName } from './script.js';
import type { World } from './world.js';

/** The parts of the message that answers. What it decides is known to the outside world from now on. */
export function answerQuestions(world: World, taskId: string, question: readonly Part[]): readonly Part[] {
  const open = question.map(({ data }) => data as JsonObject | undefined).filter((data) => data !== undefined);
  if (open.length === 0) return [{ text: 'go on' }];
  const { random } = world.scheduler;
  // At times only some are decided, and the rest waits on.
  const decided = open.length > 1 && random.chance(0.3) ? open.slice(0, 1) : open;
  const [only] = decided;
  if (open.length === 1 && only !== undefined && random.chance(0.3)) return [{ text: decideInWords(world, taskId, only) }];
  return decided.map((data) => ({ data: decide(world, taskId, data) }));
}

function decideInWords(world: World, taskId: string, request: JsonObject): string {
  const { decision, outcome } = decide(world, taskId, request);
  return String(decision ?? outcome);
}

function decide(world: World, taskId: string, request: JsonObject): JsonObject {
  const { random } = world.scheduler;
  const { type, tool_name, tool_call_id, arguments_hash } = request;
  const callId = String(tool_call_id);
  const call = world.outside.of(callId, tool_name as ToolName, taskId);
  const place = { tool_call_id: callId, arguments_hash: String(arguments_hash) };
  if (type === 'tool_approval_request') {
    world.count('approvals');
    const isApproved = random.chance(0.75);
    if (isApproved) call.isApproved = true;
    else call.isDenied = true;
    return { type: 'tool_approval', decision: isApproved ? 'approve' : 'deny', ...place };
  }
  world.count('unknown-outcomes');
  world.audit.assert(TOOLS[call.name].effect === 'once', 'R7', () => `somebody is asked about ${callId}, which may be repeated`);
  // The evidence: whoever looks finds what has arrived so far.
  const outcome = call.times > call.retries ? 'done' : random.pick(['retry', 'skip']);
  if (outcome === 'retry') call.retries += 1;
  return { type: 'tool_outcome', outcome, ...place };
}
