/** The loop of an LLM agent by itself: steps as a worker runs them, with a model and tools that answer at once. */
import type { Agent } from '../../src/agents/agent.js';
import type { JsonObject } from '../../src/base/json.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';
import { countingTool } from './counting-tool.js';
import { createTestAgent, stepContext, taskRecord } from './llm-agent.js';

export interface LoopCost {
  /** Microseconds of a run with one model call. */
  readonly modelCallUs: number;
  /** What each further tool call adds to a model call that asks for some. */
  readonly toolCallUs: number;
}

/** Medians; half of the runs before them warm up. */
export async function measureLoop({ messages, runs }: { readonly messages: number; readonly runs: number }): Promise<LoopCost> {
  const history = createHistory(messages);
  const answer = createTestAgent(createModel(0));
  const one = createTestAgent(createModel(1), { tools: [countingTool('look', 'pure')] });
  const many = createTestAgent(createModel(1 + FURTHER_CALLS), { tools: [countingTool('look', 'pure')] });
  const modelCallUs = await medianUs(answer, history, runs);
  const [oneUs, manyUs] = [await medianUs(one, history, runs), await medianUs(many, history, runs)];
  return { modelCallUs, toolCallUs: (manyUs - oneUs) / FURTHER_CALLS };
}

async function medianUs(agent: Agent, history: readonly SessionMessage[], runs: number): Promise<number> {
  const took: number[] = [];
  for (let run = -runs / 2; run < runs; run++) {
    const startedMs = performance.now();
    const { events } = await agent.runStep({ task: taskRecord({} as JsonObject), history }, stepContext());
    if (events.length === 0) throw new Error('the step said nothing');
    if (run >= 0) took.push(performance.now() - startedMs);
  }
  return (took.sort((a, b) => a - b)[Math.floor(took.length / 2)] as number) * 1_000;
}

/** Asks for so many calls, or answers. */
function createModel(calls: number): LanguageModel {
  return {
    provider: 'scripted',
    model: 'scripted',
    async *generate() {
      yield { type: 'text', text: 'Fine.' };
      for (let call = 0; call < calls; call++) yield { type: 'tool_call', id: `new-${call}`, name: 'look', arguments: { at: call } };
      yield { type: 'finish', reason: calls > 0 ? 'tool_calls' : 'stop', usage: { inputTokens: 10, outputTokens: 10 } };
    },
  };
}

/** Questions, calls, results and answers in turn; the last message is a question. */
function createHistory(messages: number): readonly SessionMessage[] {
  const text = 'A sentence of some length, as people and models say them. '.repeat(3);
  const at = (index: number): SessionMessage => {
    const call = `call-${index}`;
    switch ((messages - 1 - index) % 4) {
      case 0:
        return message(index, 'user', { type: 'text', text });
      case 1:
        return message(index, 'agent', { type: 'text', text });
      case 2:
        return message(index, 'tool', { type: 'tool_result', callId: `call-${index - 1}`, name: 'look', content: text, isError: false });
      default:
        return message(index, 'agent', { type: 'tool_call', id: call, name: 'look', arguments: { at: index } });
    }
  };
  return Array.from({ length: messages }, (_, index) => at(index));
}

function message(index: number, role: SessionMessage['role'], part: SessionMessage['parts'][number]): SessionMessage {
  return { id: `m-${index}`, role, author: role === 'user' ? 'user' : 'helper', parts: [part], createdAt: index };
}

const FURTHER_CALLS = 9;
