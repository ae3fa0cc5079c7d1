/** Agents that work together, over real Redis and SQLite; what each model says is written down by its name. */
import type { Test } from 'tap';
import type { AgentHandler } from '../../src/agents/custom/handler.js';
import type { JsonObject } from '../../src/base/json.js';
import type { ModelRequest } from '../../src/providers/llms/contract.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import { textOf } from '../../src/tasks/session-message.js';
import { sendText, type WireTask } from './a2a-client.js';
import { createScriptedModel, type ScriptedModel, type ScriptedTurn } from './scripted-llm.js';
import { startTestHector } from './start-hector.js';

export interface AgentsRigOptions {
  /** `agents` of the configuration; an `llm` agent without `llm` has the model of its own name. */
  readonly agents: Readonly<Record<string, JsonObject>>;
  /** Turns of each model, by name. */
  readonly says: Readonly<Record<string, readonly ScriptedTurn[]>>;
  readonly tools?: readonly Tool[];
  readonly handlers?: Readonly<Record<string, AgentHandler>>;
  readonly config?: JsonObject;
}

export interface AgentsRig {
  readonly url: string;
  readonly models: Readonly<Record<string, ScriptedModel>>;
  send(agent: string, text: string, more?: Parameters<typeof sendText>[2]): Promise<WireTask>;
}

export async function startAgents(t: Test, { agents, says, tools = [], handlers = {}, config = {} }: AgentsRigOptions): Promise<AgentsRig> {
  const models = Object.fromEntries(Object.entries(says).map(([name, turns]) => [name, createScriptedModel(t, turns)]));
  const withModels = Object.entries(agents).map(([name, agent]) => [
    name,
    (agent['type'] ?? 'llm') === 'llm' ? { llm: name, tools: [], ...agent } : agent,
  ]);
  const hector = await startTestHector(t, {
    config: {
      llms: Object.fromEntries(['default', ...Object.keys(says)].map((name) => [name, { provider: 'offline' }])),
      agents: Object.fromEntries(withModels) as JsonObject,
      ...config,
    },
    extensions: {
      createLanguageModel: (name) => models[name],
      tools,
      handlers: new Map(Object.entries(handlers)),
    },
  });
  return { url: hector.url, models, send: (agent, text, more) => sendText(`${hector.url}/agents/${agent}`, text, more) };
}

/** What a model was asked, as lines `role: text`. */
export function linesOf({ messages }: ModelRequest): readonly string[] {
  return messages.map((message) => {
    const parts = message.parts.flatMap((part) => {
      if (part.type === 'tool_call') return [`<${part.name}>`];
      return part.type === 'tool_result' ? [`<${part.name}: ${part.content}>`] : [];
    });
    return `${message.role}: ${[textOf(message), ...parts].filter((text) => text !== '').join(' ')}`;
  });
}

/** The text of every artifact that has one, in the order of the artifacts. */
export function textsOf(task: WireTask): readonly (readonly [string, string])[] {
  return (task.artifacts ?? []).flatMap(({ artifactId, parts }) => {
    const text = parts.map((part) => part.text ?? '').join('');
    return text === '' ? [] : [[artifactId, text] as const];
  });
}
