/**
 * `type: llm`: the model is called and what it asks for is run (AGT-01, ARCHITECTURE §5). Calls that change nothing run in the
 * model's own step; the others in a step after it, when the answer that asks for them is committed (R7).
 */
import { abortError, throwIfAborted } from '../../base/abort.js';
import { withSpan } from '../../observe/trace.js';
import { createArgumentsCheck } from '../../providers/tools/arguments.js';
import type { Agent } from '../agent.js';
import { readControl } from './control.js';
import { runModelStep } from './model-step.js';
import type { LlmAgentOptions } from './step-dependencies.js';
import { runToolStep } from './tool-step.js';

export function createLlmAgent(options: LlmAgentOptions): Agent {
  const checkArguments = createArgumentsCheck();
  return {
    name: options.name,
    runStep(state, context) {
      const attributes = {
        'hector.agent.name': options.name,
        'hector.agent.type': 'llm',
        'hector.task.id': state.task.id,
        'hector.session_id': state.task.contextId,
      };
      return withSpan('hector.agent.run', attributes, async () => {
        throwIfAborted(context.signal);
        try {
          const control = readControl(state.task.control);
          const runStep = control.callMessageId === undefined ? runModelStep : runToolStep;
          return await runStep(state, context, control, { ...options, checkArguments });
        } catch (error) {
          // Whatever an abort made fail, the abort is the reason.
          if (context.signal.aborted) throw abortError(context.signal);
          throw error;
        }
      });
    },
  };
}
