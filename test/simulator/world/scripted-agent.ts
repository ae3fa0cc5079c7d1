/**
 * An agent that does what its message says, and stamps whatever it makes with what it knew when it made it, so that the log alone
 * tells afterwards whether each step stood on the step before it.
 */
import type { Agent, StepContext, StepOutcome, StepState } from '../../../src/agents/agent.js';
import { AppError } from '../../../src/base/errors.js';
import { newId } from '../../../src/base/ids.js';
import { canonicalJson, type JsonObject, sha256Hex } from '../../../src/base/json.js';
import type { SessionMessage } from '../../../src/tasks/session-message.js';
import type { SimulatedProcess } from './simulated-process.js';

export interface ScriptedStep {
  /** Pieces of text that are shown one by one, with so long between them. */
  readonly words: number;
  readonly wordMs: number;
  /** The step ends by asking its client something. */
  readonly asks: boolean;
  /** The model cannot be reached, with this probability per try. */
  readonly failing: number;
}

export interface AgentScript {
  readonly steps: readonly ScriptedStep[];
  /** The last step ends as failed. */
  readonly fails: boolean;
}

/** In every event and message that a step makes. */
export interface Stamp {
  readonly step: number;
  /** Steps of the script done before this one. */
  readonly place: number;
  readonly epoch: number;
  readonly version: string;
  /** Messages that the step had before it. */
  readonly seen: string;
}

export function createScriptedAgent(name: string, version: string, process: SimulatedProcess): Agent {
  return { name, runStep: (state, context) => runStep(name, version, process, state, context) };
}

async function runStep(
  name: string,
  version: string,
  process: SimulatedProcess,
  state: StepState,
  context: StepContext,
): Promise<StepOutcome> {
  const { task, history } = state;
  const script = (task.control['script'] ?? readScript(history)) as unknown as AgentScript;
  const place = Number(task.control['place'] ?? 0);
  const step = script.steps[place] as ScriptedStep;
  const stamp: Stamp = { step: task.step, place, epoch: task.epoch, version, seen: describeHistory(history) };
  let text = '';
  for (let word = 0; word < step.words; word++) {
    await process.clock.sleep(step.wordMs, context.signal);
    if (process.scheduler.random.chance(step.failing / step.words)) throw new AppError('LLM_UNAVAILABLE');
    const added = `${place}.${task.epoch}.${word}@${process.name} `;
    text += added;
    context.preview('response', added);
  }
  const isLast = place === script.steps.length - 1;
  const data = stamp as unknown as JsonObject;
  const message: SessionMessage = {
    id: newId(process.clock.now()),
    role: 'agent',
    author: name,
    parts: [
      { type: 'text', text },
      { type: 'data', data },
    ],
    createdAt: process.clock.now(),
  };
  const result = {
    control: { place: place + 1, script: script as unknown as JsonObject },
    messages: [message],
    events: [
      {
        type: 'artifact.updated' as const,
        artifact: { artifactId: 'response', parts: [...(text === '' ? [] : [{ text }]), { data }] },
        append: place > 0,
        lastChunk: isLast,
      },
    ],
  };
  const statusMessage = { messageId: newId(process.clock.now()), role: 'ROLE_AGENT' as const, parts: [{ text: `after ${place}` }] };
  if (isLast && script.fails) return { type: 'failed', statusMessage, ...result };
  if (isLast) return { type: 'finished', ...result };
  if (step.asks) return { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', statusMessage, ...result };
  return { type: 'continue', ...result };
}

/** What a run does stands in the message that began it, with which its first step's history ends. */
function readScript(history: readonly SessionMessage[]): AgentScript {
  for (const { role, parts } of history.toReversed()) {
    if (role !== 'user') continue;
    for (const part of parts) if (part.type === 'data') return part.data as unknown as AgentScript;
  }
  throw new Error('no message of the session holds a script');
}

export function describeHistory(history: readonly Pick<SessionMessage, 'id'>[]): string {
  return `${history.length} ${sha256Hex(canonicalJson(history.map(({ id }) => id))).slice(0, 16)}`;
}
