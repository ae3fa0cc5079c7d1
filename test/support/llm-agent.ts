/** An LLM agent around a scripted model, and the step of a run as its worker would start it. */

import type { Agent, StepContext, StepOutcome } from '../../src/agents/agent.js';
import { createLlmAgent } from '../../src/agents/llm/create-llm-agent.js';
import type { LlmAgentOptions } from '../../src/agents/llm/step-dependencies.js';
import { systemClock } from '../../src/base/clock.js';
import type { JsonObject } from '../../src/base/json.js';
import type { AgentSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Part } from '../../src/protocol/a2a.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';
import type { TaskEventBody } from '../../src/tasks/task-event.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { agentSettings as helperSettings, reasoningSettings } from './test-settings.js';

export function agentSettings(changes: Partial<AgentSettings> = {}): AgentSettings {
  return helperSettings({ description: '', llm: 'main', instruction: 'Be kind.', reasoning: reasoningSettings(), ...changes });
}

export function createTestAgent(
  model: LanguageModel,
  changes: Partial<Omit<LlmAgentOptions, 'settings' | 'model'>> = {},
  settings: Partial<AgentSettings> = {},
): Agent {
  return createLlmAgent({
    name: 'helper',
    settings: agentSettings(settings),
    model,
    llm: { maxToolOutputLength: 0, temperature: undefined, maxTokens: undefined },
    tools: [],
    retriever: { search: async () => [] },
    approvalExpiresAfterMs: 0,
    maxToolBytes: 1024 * 1024,
    clock: systemClock,
    log: silentLogger,
    ...changes,
  });
}

export function taskRecord(control: JsonObject = {}): TaskRecord {
  return {
    id: 'task-1',
    agent: 'helper',
    owner: 'local',
    contextId: 'context-1',
    tenant: '',
    state: 'TASK_STATE_WORKING',
    epoch: 1,
    step: 1,
    takes: 1,
    turn: 1,
    seq: 2,
    configVersion: 'v',
    control,
    traceparent: '',
    worker: 'worker-1',
    heldSince: undefined,
    expiresAt: undefined,
    createdAt: 0,
    updatedAt: 0,
  };
}

/** Without a ledger that keeps anything, and without further checkpoints. */
export function stepContext(change: Partial<StepContext> = {}): StepContext {
  return {
    signal: new AbortController().signal,
    turn: new AbortController().signal,
    readEvents: async () => [],
    preview: () => {},
    ledger: { find: async () => new Map(), findInSession: async () => new Map(), record: async () => {} },
    checkpoint: { afterModel: false, afterTools: false },
    ...change,
  };
}

export interface Run {
  readonly outcomes: readonly StepOutcome[];
  readonly history: readonly SessionMessage[];
  /** Previews of each step. */
  readonly previews: readonly (readonly string[])[];
  /** The `response` artifact as a client ends up with it. */
  readonly parts: readonly Part[];
}

/** Runs steps until the run ends, committing each as a worker does. */
export async function runToEnd(agent: Agent, history: readonly SessionMessage[], signal = new AbortController().signal): Promise<Run> {
  const outcomes: StepOutcome[] = [];
  const previews: string[][] = [];
  let messages = history;
  let control: JsonObject = {};
  let parts: readonly Part[] = [];
  for (;;) {
    const shown: string[] = [];
    previews.push(shown);
    const outcome = await agent.runStep(
      { task: taskRecord(control), history: messages },
      stepContext({ signal, preview: (_artifact, text) => shown.push(text) }),
    );
    outcomes.push(outcome);
    messages = [...messages, ...outcome.messages];
    control = JSON.parse(JSON.stringify(outcome.control)) as JsonObject;
    for (const event of artifactEvents(outcome).filter(({ artifact }) => artifact.artifactId === 'response'))
      parts = event.append ? [...parts, ...event.artifact.parts] : event.artifact.parts;
    if (outcome.type !== 'continue') return { outcomes, history: messages, previews, parts };
  }
}

export function artifactEvents(outcome: StepOutcome): readonly Extract<TaskEventBody, { type: 'artifact.updated' }>[] {
  return outcome.events.filter((event) => event.type === 'artifact.updated');
}
