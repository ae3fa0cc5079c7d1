/**
 * Any agent, with a stamp on each of its steps: what it knew when it began. So the log alone tells afterwards whether each step stood
 * on the step before it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Agent, StepContext, StepOutcome, StepState } from '../../../src/agents/agent.js';
import { canonicalJson, type JsonObject, sha256Hex } from '../../../src/base/json.js';
import type { SessionMessage } from '../../../src/tasks/session-message.js';
import type { TaskEventBody } from '../../../src/tasks/task-event.js';
import type { OutsideWorld } from './outside-world.js';
import type { AgentScript } from './script.js';
import type { SimulatedProcess } from './simulated-process.js';

/** In an artifact of its own, one per step. */
export interface Stamp {
  readonly step: number;
  /** Steps of the run done before this one. */
  readonly place: number;
  readonly epoch: number;
  readonly version: string;
  /** Messages that the step had before it. */
  readonly seen: string;
  /** Ids of those that it added. */
  readonly added: readonly string[];
}

/** What model and tools of a step need to know of it. */
export interface SimulatedStep {
  readonly process: SimulatedProcess;
  /** What its tools act on. */
  readonly outside: OutsideWorld;
  readonly script: AgentScript;
  readonly task: StepState['task'];
}

export const STAMPS = 'stamps';

const steps = new AsyncLocalStorage<SimulatedStep>();

/** The step that whoever asks is a part of. */
export function getStep(): SimulatedStep {
  const step = steps.getStore();
  if (step === undefined) throw new Error('nobody asks this in a step');
  return step;
}

export interface StampOptions extends Pick<SimulatedStep, 'process' | 'outside'> {
  /** How long each of its waits lasts. */
  readonly waitExpiresAfterMs: number;
}

export function stampAgent(agent: Agent, version: string, { process, outside, waitExpiresAfterMs }: StampOptions): Agent {
  return {
    name: agent.name,
    async runStep({ task, history, children = [] }: StepState, context: StepContext): Promise<StepOutcome> {
      const place = Number(task.control['place'] ?? 0);
      const script = (task.control['script'] ?? readScript(history)) as unknown as AgentScript;
      const { step, epoch } = task;
      const seen = describeHistory(history);
      const inner = { ...task, control: (task.control['inner'] ?? {}) as JsonObject };
      const runs = () => agent.runStep({ task: inner, history, children }, context);
      const outcome = await steps.run({ process, outside, script, task: inner }, runs);
      const stamp: Stamp = { step, place, epoch, version, seen, added: outcome.messages.map(({ id }) => id) };
      const control = { place: place + 1, script: script as unknown as JsonObject, inner: outcome.control };
      const stamped = { ...outcome, control, events: [toEvent(stamp, task), ...outcome.events.map((event) => underOwnName(event, task))] };
      return stamped.type === 'wait' ? { ...stamped, expiresAfterMs: waitExpiresAfterMs } : stamped;
    },
  };
}

/** Of a branch: what it puts out stands in the log of its root, among what others do. */
export function ownName(artifactId: string, { id, child }: Pick<StepState['task'], 'id' | 'child'>): string {
  return child === undefined ? artifactId : `${artifactId}/${id}`;
}

function underOwnName(event: TaskEventBody, task: StepState['task']): TaskEventBody {
  if (event.type !== 'artifact.updated') return event;
  return { ...event, artifact: { ...event.artifact, artifactId: ownName(event.artifact.artifactId, task) } };
}

function toEvent(stamp: Stamp, task: StepState['task']): TaskEventBody {
  const parts = [{ data: stamp as unknown as JsonObject }];
  return { type: 'artifact.updated', artifact: { artifactId: ownName(STAMPS, task), parts }, append: stamp.place > 0, lastChunk: false };
}

/** What a run does stands in the message that began it, with which its first step's history ends. */
function readScript(history: readonly SessionMessage[]): AgentScript {
  for (const part of history.at(-1)?.parts ?? []) if (part.type === 'data') return part.data as unknown as AgentScript;
  throw new Error('the first step of a run does not see the message that began it');
}

export function describeHistory(history: readonly Pick<SessionMessage, 'id'>[]): string {
  return `${history.length} ${sha256Hex(canonicalJson(history.map(({ id }) => id))).slice(0, 16)}`;
}
