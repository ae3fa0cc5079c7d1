import { abortError, throwIfAborted } from '../base/abort.js';
import { withSpan } from '../observe/trace.js';
import type { Agent } from './agent.js';

/** An agent around what its kind does in a step: with the step's span (OBS-31), and with the abort as the reason of whatever it made fail. */
export function createAgent({ name, type }: { readonly name: string; readonly type: string }, runStep: Agent['runStep']): Agent {
  return {
    name,
    runStep(state, context) {
      const { task } = state;
      const attributes = {
        'hector.agent.name': name,
        'hector.agent.type': type,
        'hector.task.id': task.id,
        'hector.invocation_id': task.child?.rootId ?? task.id,
        'hector.session_id': task.contextId,
        'hector.user_id': task.owner,
      };
      return withSpan('hector.agent.run', attributes, async () => {
        throwIfAborted(context.signal);
        try {
          return await runStep(state, context);
        } catch (error) {
          if (context.signal.aborted) throw abortError(context.signal);
          throw error;
        }
      });
    },
  };
}
