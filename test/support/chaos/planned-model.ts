/**
 * A language model that does what the run's plan says. Its words differ with every attempt, so that a client which mixes two
 * attempts of a step holds a text that was never committed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LanguageModel, ModelEvent, ModelRequest } from '../../../src/providers/llms/contract.js';
import { textOf } from '../../../src/tasks/session-message.js';
import { callId, type PlannedCall, type RunPlan, readPlan, stepMark, TOOL_NAMES } from './run-plan.js';

/** @param onCall is told of each call before it begins. */
export function createPlannedModel(onCall: (run: string, step: number) => void): LanguageModel {
  return {
    provider: 'planned',
    model: 'planned',
    async *generate(request, signal): AsyncGenerator<ModelEvent, void, undefined> {
      const plan = getPlan(request);
      const step = request.messages.filter(({ role }) => role === 'agent').length;
      onCall(plan.run, step);
      const attempt = Math.random().toString(36).slice(2, 8);
      yield { type: 'text', text: `${stepMark(plan.run, step)} ${request.system} ` };
      for (let piece = 0; piece < plan.pieces; piece++) {
        if (plan.pieceMs > 0) await sleep(plan.pieceMs, undefined, { signal });
        yield { type: 'text', text: `${attempt}.${piece} ` };
      }
      const kinds = [...(plan.steps[step] ?? '')] as PlannedCall[];
      for (const [index, kind] of kinds.entries()) {
        const args = { run: plan.run, ms: plan.effectMs };
        yield { type: 'tool_call', id: callId(plan.run, step, kind, index), name: TOOL_NAMES[kind], arguments: args };
      }
      yield { type: 'finish', reason: kinds.length > 0 ? 'tool_calls' : 'stop' };
    },
  };
}

function getPlan({ messages }: ModelRequest): RunPlan {
  for (const message of messages) {
    const plan = message.role === 'user' ? readPlan(textOf(message)) : undefined;
    if (plan !== undefined) return plan;
  }
  throw new Error('the session holds no plan');
}
