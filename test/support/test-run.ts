/** A run of an LLM agent with its log in memory: history, control and ledger, step by step. */
import type { Agent, StepContext, StepOutcome } from '../../src/agents/agent.js';
import { AppError } from '../../src/base/errors.js';
import type { JsonObject } from '../../src/base/json.js';
import type { Part } from '../../src/protocol/a2a.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';
import { type SessionState, withDelta } from '../../src/tasks/session-state.js';
import type { SessionToolCall, ToolCallRecord, ToolCallWrite } from '../../src/tasks/tool-call.js';
import { artifactEvents, stepContext, taskRecord } from './llm-agent.js';

/** A ledger in memory, of one task; `record` is refused once `lose()` was called. */
export function createTestLedger() {
  const rows = new Map<string, ToolCallRecord>();
  const writes: ToolCallWrite[][] = [];
  const reads: string[][] = [];
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
    /** Of any run; `taskState` is that of this one. */
    findInSession: async (ids: readonly string[]) => {
      reads.push([...ids]);
      const found = [...rows].filter(([id]) => ids.includes(id));
      return new Map(found.map(([id, row]): [string, SessionToolCall] => [id, { ...row, taskState: 'TASK_STATE_WORKING' }]));
    },
    /** Each question for calls of the session. */
    reads,
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
  state: SessionState = {};
  /** Parts of each artifact as a client ends up with them. */
  readonly artifacts = new Map<string, readonly Part[]>();
  #answers = 0;

  constructor(history: readonly SessionMessage[]) {
    this.history = history;
  }

  /** Of the answer. */
  get parts(): readonly Part[] {
    return this.artifacts.get('response') ?? [];
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
    this.state = withDelta(this.state, outcome.sessionState);
    for (const { artifact, append } of artifactEvents(outcome)) {
      const before = append ? (this.artifacts.get(artifact.artifactId) ?? []) : [];
      this.artifacts.set(artifact.artifactId, [...before, ...artifact.parts]);
    }
    return outcome;
  }

  crash(agent: Agent, change: Partial<StepContext> = {}): Promise<StepOutcome> {
    const state = { task: taskRecord(this.control), history: this.history, sessionState: this.state };
    return agent.runStep(state, stepContext({ ledger: this.ledger, ...change }));
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
