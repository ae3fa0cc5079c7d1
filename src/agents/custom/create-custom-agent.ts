/** `type: custom`: code that a program registers does the work (AGT-70). */
import { abortError, throwIfAborted } from '../../base/abort.js';
import { withSpan } from '../../observe/trace.js';
import type { Agent } from '../agent.js';
import { decideEffects } from './decide-effects.js';
import { type CustomAgentOptions, HandlerCall } from './handler-call.js';

export function createCustomAgent(options: CustomAgentOptions): Agent {
  // A call lives as long as its worker's turn with the run: another turn begins a new one from what is committed.
  const calls = new WeakMap<AbortSignal, HandlerCall>();
  return {
    name: options.name,
    runStep(state, context) {
      const attributes = {
        'hector.agent.name': options.name,
        'hector.agent.type': 'custom',
        'hector.task.id': state.task.id,
        'hector.session_id': state.task.contextId,
      };
      return withSpan('hector.agent.run', attributes, async () => {
        throwIfAborted(context.signal);
        try {
          let call = calls.get(context.turn);
          if (call === undefined) {
            const waits = await decideEffects(state, context, options);
            if (waits !== undefined) return waits;
            call = await HandlerCall.begin(state, context, options);
            calls.set(context.turn, call);
          }
          return await call.runStep(state, context);
        } catch (error) {
          // Whatever an abort made fail, the abort is the reason.
          if (context.signal.aborted) throw abortError(context.signal);
          throw error;
        }
      });
    },
  };
}
