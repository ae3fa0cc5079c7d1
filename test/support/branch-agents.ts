/** A run that branches into workers which each do one thing to the world, once; who asks when nobody knows whether it was done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, ChildRun, StepOutcome } from '../../src/agents/agent.js';
import { writeOpenChildren } from '../../src/agents/open-children.js';
import { newId } from '../../src/base/ids.js';
import { isJsonObject } from '../../src/base/json.js';
import type { Part } from '../../src/protocol/a2a.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import { type SessionMessage, textOf } from '../../src/tasks/session-message.js';
import { callOutside } from './effect-server.js';
import { createTestAgent } from './llm-agent.js';

/** `fan` branches into so many of `act`, named `<first text>-<number>`; its answer says how each ended. */
export function createBranchAgents(outsideUrl: string, branches: number): ReadonlyMap<string, Agent> {
  return new Map([
    ['fan', createFan(branches)],
    ['act', createActor(outsideUrl)],
  ]);
}

function createFan(branches: number): Agent {
  return {
    name: 'fan',
    async runStep({ task, history, children = [] }): Promise<StepOutcome> {
      const keys = Array.from({ length: branches }, (_, index) => `b${index}`);
      const control = { ...writeOpenChildren(keys), seen: history.length };
      const last = history.at(-1) as SessionMessage;
      if (children.length === 0) {
        const starts = keys.map((key, index) => {
          const message: SessionMessage = { ...last, id: newId(), parts: [{ type: 'text', text: `${textOf(last)}-${index}` }] };
          return { key, agent: 'act', messages: [message], inheritsHistory: false, state: 'shared' } as const;
        });
        return { type: 'branch', control, messages: [], events: [], starts, says: [] };
      }
      const waiting = children.filter(({ state }) => state === 'TASK_STATE_INPUT_REQUIRED');
      if (waiting.length === 0) {
        const text = children.map(({ key, state, messages }) => `${key} ${state} ${textOf(messages.at(-1) as SessionMessage)}`).join('\n');
        const statusMessage = { messageId: newId(), role: 'ROLE_AGENT', parts: [{ text }] } as const;
        return { type: 'finished', control, messages: [], events: [], statusMessage };
      }
      const asked = history.length > Number(task.control['seen']) ? waiting.find((child) => asksAbout(child, last)) : undefined;
      if (asked !== undefined)
        return { type: 'branch', control, messages: [], events: [], starts: [], says: [{ key: asked.key, message: last }] };
      const parts = waiting.flatMap(({ statusMessage }) => statusMessage?.parts ?? []);
      const statusMessage = { messageId: newId(), contextId: task.contextId, taskId: task.id, role: 'ROLE_AGENT', parts } as const;
      return { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', control, messages: [], events: [], statusMessage };
    },
  };
}

function asksAbout({ statusMessage }: ChildRun, { parts }: SessionMessage): boolean {
  const [answered] = callIdsOf(parts.flatMap((part) => (part.type === 'data' ? [{ data: part.data }] : [])));
  return callIdsOf(statusMessage?.parts ?? []).includes(answered ?? '');
}

/** Of questions and answers alike. */
export function callIdsOf(parts: readonly Part[]): readonly string[] {
  return parts.flatMap(({ data }) => (isJsonObject(data) && typeof data['tool_call_id'] === 'string' ? [data['tool_call_id']] : []));
}

/** So that whoever kills finds something to interrupt. */
function takeTime(): Promise<void> {
  return sleep(50 + Math.random() * 200);
}

function createActor(outsideUrl: string): Agent {
  const model: LanguageModel = {
    provider: 'scripted',
    model: 'scripted',
    async *generate({ messages }) {
      const name = textOf(messages[0] as SessionMessage);
      await takeTime();
      await callOutside(outsideUrl, 'model', name);
      if (messages.some(({ role }) => role === 'tool')) {
        yield { type: 'text', text: `${name} is done` };
        yield { type: 'finish', reason: 'stop' };
      } else {
        yield { type: 'tool_call', id: name, name: 'act', arguments: { name } };
        yield { type: 'finish', reason: 'tool_calls' };
      }
    },
  };
  const act: Tool = {
    name: 'act',
    description: 'Does something to the world',
    parameters: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    effect: 'once',
    requiresApproval: false,
    async execute(args, { idempotencyKey }) {
      await takeTime();
      await callOutside(outsideUrl, 'tool', String(args['name']), idempotencyKey);
      await takeTime();
      return { content: 'acted' };
    },
  };
  return createTestAgent(model, { tools: [act] });
}
