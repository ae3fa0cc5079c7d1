/**
 * `type: llm`: the model is called and what it asks for is run (AGT-01, ARCHITECTURE §5). Calls that change nothing run in the
 * model's own step; the others in a step after it, when the answer that asks for them is committed (R7).
 */
import { createArgumentsCheck } from '../../providers/tools/arguments.js';
import type { Agent } from '../agent.js';
import { createAgent } from '../create-agent.js';
import { readControl } from './control.js';
import { listTools } from './list-tools.js';
import { runModelStep } from './model-step.js';
import type { LlmAgentOptions } from './step-dependencies.js';
import { runToolStep } from './tool-step.js';

export function createLlmAgent(options: LlmAgentOptions): Agent {
  const checkArguments = createArgumentsCheck();
  return createAgent({ name: options.name, type: 'llm' }, async (state, context) => {
    const control = readControl(state.task.control);
    const runStep = control.callMessageId === undefined ? runModelStep : runToolStep;
    const tools = await listTools({ ...options, wanted: options.settings.tools }, context.signal);
    return await runStep(state, context, control, { ...options, tools, checkArguments });
  });
}
