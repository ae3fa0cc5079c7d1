/**
 * The product's LLM agent, around a model that says what the script says and tools that act on the outside world. One for all
 * processes: which of them runs a step is known to the step.
 */
import type { Agent } from '../../../src/agents/agent.js';
import { createLlmAgent } from '../../../src/agents/llm/create-llm-agent.js';
import { systemClock } from '../../../src/base/clock.js';
import { silentLogger } from '../../../src/observe/log.js';
import type { LanguageModel, ModelEvent } from '../../../src/providers/llms/contract.js';
import type { Tool } from '../../../src/providers/tools/contract.js';
import { agentSettings, reasoningSettings } from '../../support/test-settings.js';
import { TOOL_NAMES, TOOLS } from './script.js';
import { getStep } from './stamped-agent.js';

export const LLM_AGENT = 'llm';

const model: LanguageModel = {
  provider: 'scripted',
  model: 'scripted',
  async *generate(_request, signal): AsyncGenerator<ModelEvent, void, undefined> {
    const { process, script, task } = getStep();
    const iteration = Number(task.control['iteration'] ?? 0);
    const step = script.steps[iteration];
    for (let word = 0; word < (step?.words ?? 1); word++) {
      await process.clock.sleep(step?.wordMs ?? 1, signal);
      yield { type: 'text', text: `${iteration}.${task.epoch}.${word}@${process.name} ` };
    }
    const isLast = iteration >= script.steps.length - 1;
    const calls = isLast ? [] : (step?.calls ?? []);
    for (const { tool, forMs } of calls) {
      const id = `call-${process.scheduler.random.below(1e9)}`;
      yield { type: 'tool_call', id, name: tool, arguments: { forMs } };
    }
    yield { type: 'finish', reason: calls.length > 0 ? 'tool_calls' : 'stop' };
  },
};

const tools = TOOL_NAMES.map(
  (name): Tool => ({
    name,
    description: name,
    parameters: { type: 'object', properties: { forMs: { type: 'integer' } }, additionalProperties: false },
    ...TOOLS[name],
    async execute({ forMs }, { taskId, callId, idempotencyKey }) {
      const { process, outside } = getStep();
      const content = await outside.call(process, { name, taskId, callId, idempotencyKey, forMs: Number(forMs) });
      return { content };
    },
  }),
);

export const llmAgent: Agent = createLlmAgent({
  name: LLM_AGENT,
  settings: agentSettings({ reasoning: reasoningSettings({ maxIterations: 100 }) }),
  model,
  llm: { maxToolOutputLength: 0, temperature: undefined, maxTokens: undefined },
  tools,
  retriever: { search: async () => [] },
  approvalExpiresAfterMs: 0,
  maxToolBytes: 1024 * 1024,
  // Only its `now` is asked, and that is the world's.
  clock: systemClock,
  log: silentLogger,
});
