/** A run whose model asks for tool calls, and what people answer to it. */
import type { Test } from 'tap';
import { canonicalJson, type JsonObject, sha256Hex } from '../../src/base/json.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import { userMessage } from '../contract/language-model.js';
import { createTestAgent } from './llm-agent.js';
import { createScriptedModel, type ScriptedCall, type ScriptedTurn } from './scripted-llm.js';
import { TestRun } from './test-run.js';

export function setUpCalls(
  t: Test,
  tools: readonly Tool[],
  calls: readonly ScriptedCall[],
  then: readonly ScriptedTurn[] = [{ say: ['Done.'] }],
) {
  const model = createScriptedModel(t, [{ say: ['Let me. ', ...calls.map((call) => ({ call }))] }, ...then]);
  return { agent: createTestAgent(model, { tools, approvalExpiresAfterMs: 60_000 }), run: new TestRun([userMessage('Go')]), model };
}

export const hashOf = (args: JsonObject) => sha256Hex(canonicalJson(args));
export const approve = (callId: string, more: JsonObject = {}) => ({
  type: 'tool_approval',
  decision: 'approve',
  tool_call_id: callId,
  ...more,
});
export const deny = (callId: string, more: JsonObject = {}) => ({ type: 'tool_approval', decision: 'deny', tool_call_id: callId, ...more });
export const told = (callId: string, outcome: string, more: JsonObject = {}) => ({
  type: 'tool_outcome',
  outcome,
  tool_call_id: callId,
  ...more,
});
