/** An LLM agent around a scripted model, and the step of a run as its worker would start it. */

import type { Agent, StepContext, StepOutcome } from '../../src/agents/agent.js';
import { createLlmAgent } from '../../src/agents/llm/create-llm-agent.js';
import type { LlmAgentOptions } from '../../src/agents/llm/step-dependencies.js';
import { systemClock } from '../../src/base/clock.js';
import { AppError } from '../../src/base/errors.js';
import type { JsonObject } from '../../src/base/json.js';
import type { AgentSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Part } from '../../src/protocol/a2a.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';
import type { TaskEventBody } from '../../src/tasks/task-event.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import type { ToolCallRecord, ToolCallWrite } from '../../src/tasks/tool-call.js';
import { agentSettings as helperSettings } from './test-settings.js';

export function agentSettings(changes: Partial<AgentSettings> = {}): AgentSettings {
  return helperSettings({ description: '', llm: 'main', instruction: 'Be kind.', reasoning: { maxIterations: 100 }, ...changes });
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
    preview: () => {},
    ledger: { find: async () => new Map(), record: async () => {} },
    checkpoint: { afterModel: false, afterTools: false },
    ...change,
  };
}

/** A ledger in memory, of one task; `record` is refused once `lose()` was called. */
export function createTestLedger() {
  const rows = new Map<string, ToolCallRecord>();
  const writes: ToolCallWrite[][] = [];
  let isLost = false;
  const put = (calls: readonly ToolCallWrite[]) => {
    for (const call of calls) {
      const at = Date.now();
      const createdAt = rows.get(call.callId)?.createdAt ?? at;
      rows.set(call.callId, { ...call, taskId: 'task-1', step: 1, epoch: 1, createdAt, updatedAt: at });
    }
  };
  return {
    rows,
    /** Each mid-step write. */
    writes,
    /** What a commit writes. */
    put,
    lose: () => {
      isLost = true;
    },
    find: async (ids: readonly string[]) => new Map([...rows].filter(([id]) => ids.includes(id))),
    record: async (calls: readonly ToolCallWrite[]) => {
      if (isLost) throw new AppError('TASK_LOST');
      writes.push([...calls]);
      put(calls);
    },
    statuses: () => Object.fromEntries([...rows].map(([id, { status }]) => [id, status])),
  };
}

export type TestLedger = ReturnType<typeof createTestLedger>;

/**
 * A run as its log holds it: each step is committed, a wait goes on with the next message. `crash` runs a step and commits
 * nothing.
 */
export class TestRun {
  readonly ledger = createTestLedger();
  readonly outcomes: StepOutcome[] = [];
  history: readonly SessionMessage[];
  control: JsonObject = {};
  parts: readonly Part[] = [];
  #answers = 0;

  constructor(history: readonly SessionMessage[]) {
    this.history = history;
  }

  get last(): StepOutcome {
    return this.outcomes.at(-1) as StepOutcome;
  }

  /** Steps until the run waits or ends. */
  async toRest(agent: Agent, change: Partial<StepContext> = {}): Promise<StepOutcome> {
    do await this.step(agent, change);
    while (this.last.type === 'continue');
    return this.last;
  }

  async step(agent: Agent, change: Partial<StepContext> = {}): Promise<StepOutcome> {
    const outcome = await this.crash(agent, change);
    this.outcomes.push(outcome);
    this.ledger.put(outcome.toolCalls ?? []);
    this.history = [...this.history, ...outcome.messages];
    this.control = JSON.parse(JSON.stringify(outcome.control)) as JsonObject;
    for (const event of artifactEvents(outcome))
      this.parts = event.append ? [...this.parts, ...event.artifact.parts] : event.artifact.parts;
    return outcome;
  }

  crash(agent: Agent, change: Partial<StepContext> = {}): Promise<StepOutcome> {
    return agent.runStep({ task: taskRecord(this.control), history: this.history }, stepContext({ ledger: this.ledger, ...change }));
  }

  /** A message of the user to the waiting run: text, or values of data parts. */
  say(...parts: readonly (string | JsonObject)[]): string {
    const id = `answer-${++this.#answers}`;
    const sessionParts = parts.map((part) =>
      typeof part === 'string' ? { type: 'text' as const, text: part } : { type: 'data' as const, data: part },
    );
    this.history = [...this.history, { id, role: 'user', author: 'user', parts: sessionParts, createdAt: 1 }];
    return id;
  }

  /** The data parts of the question that the run waits with. */
  get questions(): readonly JsonObject[] {
    const { last } = this;
    return last.type === 'wait' ? last.statusMessage.parts.flatMap(({ data }) => (data === undefined ? [] : [data as JsonObject])) : [];
  }

  get questionText(): string {
    return this.last.type === 'wait' ? (this.last.statusMessage.parts[0]?.text ?? '') : '';
  }

  /** What tools returned to the model, by call id. */
  get results(): Readonly<Record<string, string>> {
    const parts = this.history.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_result'));
    return Object.fromEntries(parts.map(({ callId, content }) => [callId, content]));
  }
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
    for (const event of artifactEvents(outcome)) parts = event.append ? [...parts, ...event.artifact.parts] : event.artifact.parts;
    if (outcome.type !== 'continue') return { outcomes, history: messages, previews, parts };
  }
}

export function artifactEvents(outcome: StepOutcome): readonly Extract<TaskEventBody, { type: 'artifact.updated' }>[] {
  return outcome.events.filter((event) => event.type === 'artifact.updated');
}
