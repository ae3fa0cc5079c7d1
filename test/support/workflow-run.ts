/** A run of an agent that others work for, with its log and the runs below it in memory. */
import type { Agent, ChildRun, ChildStart, StepOutcome, StepState } from '../../src/agents/agent.js';
import type { JsonObject } from '../../src/base/json.js';
import type { TaskState } from '../../src/protocol/a2a.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';
import type { TaskEventBody } from '../../src/tasks/task-event.js';
import { stepContext, taskRecord } from './llm-agent.js';

export const userSays = (text: string, id = text): SessionMessage => ({
  id,
  role: 'user',
  author: 'user',
  parts: [{ type: 'text', text }],
  createdAt: 0,
});

export const agentSays = (author: string, text: string): SessionMessage => ({
  id: `${author}: ${text}`,
  role: 'agent',
  author,
  parts: [{ type: 'text', text }],
  createdAt: 0,
});

export class WorkflowRun {
  readonly outcomes: StepOutcome[] = [];
  readonly events: TaskEventBody[] = [];
  readonly starts: ChildStart[] = [];
  readonly children: ChildRun[] = [];
  history: readonly SessionMessage[];
  control: JsonObject = {};
  readonly #change: Partial<StepState>;

  constructor(history: readonly SessionMessage[], change: Partial<StepState> = {}) {
    this.history = history;
    this.#change = change;
  }

  get last(): StepOutcome {
    return this.outcomes.at(-1) as StepOutcome;
  }

  /** Each commit as JSON, as another worker would find it. */
  async step(agent: Agent): Promise<StepOutcome> {
    const { history, children } = this;
    const outcome = await agent.runStep({ task: taskRecord(this.control), history, children, ...this.#change }, stepContext());
    this.outcomes.push(outcome);
    this.history = [...history, ...outcome.messages];
    this.events.push(...outcome.events);
    this.control = JSON.parse(JSON.stringify(outcome.control)) as JsonObject;
    if (outcome.type === 'branch') this.starts.push(...outcome.starts);
    return outcome;
  }

  async toRest(agent: Agent): Promise<StepOutcome> {
    do await this.step(agent);
    while (this.last.type === 'continue');
    return this.last;
  }

  /** What became of a run below this one. */
  settle(key: string, state: TaskState, text: string, more: Partial<ChildRun> = {}): void {
    const start = this.starts.find((known) => known.key === key);
    if (start === undefined) throw new Error(`no child '${key}' was begun; there is ${this.starts.map((known) => known.key).join(', ')}`);
    const child: ChildRun = {
      key,
      taskId: `task-${key}`,
      agent: start.agent,
      state,
      statusMessage: { messageId: `m-${key}`, role: 'ROLE_AGENT', parts: [{ text }] },
      statusMetadata: undefined,
      messages: [],
      ...more,
    };
    const index = this.children.findIndex((known) => known.key === key);
    if (index === -1) this.children.push(child);
    else this.children[index] = child;
  }

  /** Ids of the artifacts it put out, in their order. */
  get artifactIds(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'artifact.updated' ? [event.artifact.artifactId] : []));
  }
}

/** An agent whose steps are written down; each is told what it was given. */
export function scriptedAgent(name: string, steps: readonly ((state: StepState) => Partial<StepOutcome>)[]) {
  const seen: StepState[] = [];
  const agent: Agent = {
    name,
    async runStep(state) {
      const step = steps[seen.push(state) - 1];
      if (step === undefined) throw new Error(`'${name}' has no step ${seen.length}`);
      return { type: 'finished', control: {}, messages: [], events: [], ...step(state) } as StepOutcome;
    },
  };
  return Object.assign(agent, { seen });
}
