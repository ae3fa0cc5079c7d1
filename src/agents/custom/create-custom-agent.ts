/** `type: custom`: code that a program registers does the work (AGT-70). */
import type { Agent } from '../agent.js';
import { createAgent } from '../create-agent.js';
import { decideEffects } from './decide-effects.js';
import { type CustomAgentOptions, HandlerCall } from './handler-call.js';

export function createCustomAgent(options: CustomAgentOptions): Agent {
  // A call lives as long as its worker's turn with the run: another turn begins a new one from what is committed.
  const calls = new WeakMap<AbortSignal, HandlerCall>();
  return createAgent({ name: options.name, type: 'custom' }, async (state, context) => {
    let call = calls.get(context.turn);
    if (call === undefined) {
      const waits = await decideEffects(state, context, options);
      if (waits !== undefined) return waits;
      call = await HandlerCall.begin(state, context, options);
      calls.set(context.turn, call);
    }
    return await call.runStep(state, context);
  });
}
