/**
 * The models of a flow of agents: what each says follows from the history that it reads and from nothing else, so that an answer that
 * differs tells of a history that did. The last one repeats all that it has read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../../src/base/json.js';
import type { LanguageModel, ModelEvent, ModelRequest } from '../../../src/providers/llms/contract.js';
import { textOf } from '../../../src/tasks/session-message.js';
import { type PlannedEffect, planText, type RunPlan, readPlan, TOOL_NAMES } from './run-plan.js';

/** Rounds of the loop, the last of which ends it. */
const ROUNDS = 3;
const LETTER_WRITERS = ['lead', 'clerk', 'ann', 'bob', 'cid'];

/** `agents` of the configuration; each `llm` agent has the model of its own name. */
export const FLOW_AGENTS: JsonObject = {
  flow: { type: 'sequential', sub_agents: ['lead', 'team', 'rounds', 'closer'] },
  team: { type: 'parallel', sub_agents: ['ann', 'bob', 'cid'] },
  rounds: { type: 'loop', sub_agents: ['writer', 'critic'] },
  lead: { llm: 'lead', tools: [TOOL_NAMES.p, TOOL_NAMES.o], agent_tools: ['scout', 'clerk'] },
  scout: { llm: 'scout', tools: [TOOL_NAMES.p] },
  clerk: { llm: 'clerk', tools: [TOOL_NAMES.o] },
  ann: { llm: 'ann', tools: [TOOL_NAMES.o] },
  bob: { llm: 'bob', tools: [TOOL_NAMES.o] },
  cid: { llm: 'cid', tools: [TOOL_NAMES.o] },
  writer: { llm: 'writer', tools: [TOOL_NAMES.o] },
  critic: { llm: 'critic', tools: [] },
  closer: { llm: 'closer', tools: [] },
};

/** Agents that work in the run that the client started. */
const IN_ROOT = ['lead', 'writer', 'critic', 'closer'];
const MODELS = [...IN_ROOT, 'scout', 'clerk', 'ann', 'bob', 'cid'];
export const FLOW_LLMS: JsonObject = Object.fromEntries(['default', ...MODELS].map((name) => [name, { provider: 'offline' }]));

/** Names the run of `agent` in a flow towards the test. */
export function flowRunName(run: string, agent: string): string {
  return `${run}/${IN_ROOT.includes(agent) ? 'flow' : agent}`;
}

/** What a flow does to the world. */
export function flowEffects(run: string): readonly PlannedEffect[] {
  const letters = [...LETTER_WRITERS, ...Array.from({ length: ROUNDS }, (_, index) => `writer-${index + 1}`)];
  return [
    ...['lead', 'scout'].map((agent) => ({ id: `${run}-${agent}-p`, kind: 'p' as const })),
    ...letters.map((agent) => ({ id: `${run}-${agent}-o`, kind: 'o' as const })),
  ];
}

/** @param onCall is told of each call before it begins. `undefined`: no flow knows the model. */
export function createFlowModel(agent: string, onCall: (run: string, step: number) => void): LanguageModel | undefined {
  if (!MODELS.includes(agent)) return undefined;
  return {
    provider: 'flow',
    model: agent,
    async *generate(request, signal): AsyncGenerator<ModelEvent, void, undefined> {
      const plan = request.messages.flatMap((message) => readPlan(textOf(message)) ?? [])[0];
      if (plan === undefined) throw new Error(`${agent} finds no plan`);
      onCall(flowRunName(plan.run, agent), 0);
      const { text, calls } = answer(agent, plan, request);
      // In pieces, so that there is something to interrupt.
      for (const piece of text.match(/.{1,40}/gs) ?? []) {
        await sleep(plan.pieceMs * Math.random(), undefined, { signal });
        yield { type: 'text', text: piece };
      }
      for (const call of calls) yield { type: 'tool_call', ...call };
      yield { type: 'finish', reason: calls.length > 0 ? 'tool_calls' : 'stop' };
    },
  };
}

interface Answer {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: JsonObject }[];
}

function answer(agent: string, plan: RunPlan, { messages }: ModelRequest): Answer {
  const { run } = plan;
  const said = messages
    .flatMap((message) => (readPlan(textOf(message)) === undefined ? [textOf(message)] : []))
    .filter((text) => text !== '');
  const results = readResults(messages.at(-1));
  const effect = (kind: 'p' | 'o', name = agent) => ({
    id: `${run}-${name}-${kind}`,
    name: TOOL_NAMES[kind],
    arguments: { run, ms: plan.effectMs },
  });
  if (agent === 'closer') return { text: `All of it:\n${said.join('\n')}`, calls: [] };
  if (agent === 'critic') {
    const round = countRounds(said, agent) + 1;
    const escalate = { id: `${run}-critic-${round}`, name: 'escalate', arguments: { reason: 'good enough' } };
    return { text: `critic ${round}: read`, calls: round < ROUNDS ? [] : [escalate] };
  }
  if (agent === 'writer') {
    const round = countRounds(said, agent) + 1;
    return results.length === 0
      ? { text: '', calls: [effect('o', `writer-${round}`)] }
      : { text: `writer ${round}: ${results.join(', ')}`, calls: [] };
  }
  if (results.length > 0) return { text: `${agent}: ${results.join(', ')}`, calls: [] };
  if (agent === 'scout') return { text: '', calls: [effect('p')] };
  if (agent !== 'lead') return { text: '', calls: [effect('o')] };
  const ask = (name: string) => ({ id: `${run}-lead-${name}`, name, arguments: { request: planText(plan) } });
  return { text: 'I ask around. ', calls: [effect('p'), effect('o'), ask('scout'), ask('clerk')] };
}

/** Of agents that are tools, what they answered: their run's id differs each time. */
function readResults(message: ModelRequest['messages'][number] | undefined): readonly string[] {
  if (message?.role !== 'tool') return [];
  return message.parts.flatMap((part) => {
    if (part.type !== 'tool_result') return [];
    return [part.content.startsWith('{') ? String((JSON.parse(part.content) as JsonObject)['result']) : part.content];
  });
}

function countRounds(said: readonly string[], agent: string): number {
  return said.join('\n').match(new RegExp(`\\b${agent} \\d+:`, 'g'))?.length ?? 0;
}
