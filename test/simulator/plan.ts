/** What a seed stands for: settings, messages and faults, drawn before anything runs. */
import type { CheckpointSettings } from '../../src/config/settings.js';
import type { Random } from '../support/random.js';
import { BRANCHING_AGENT } from './world/branching-agent.js';
import type { PlannedMessage } from './world/conversation.js';
import { LLM_AGENT } from './world/llm-agent.js';
import { type AgentScript, type ScriptedBranch, type ScriptedStep, TOOL_NAMES, type ToolName } from './world/script.js';
import { PLAIN_AGENT } from './world/scripted-agent.js';
import type { WorldSettings } from './world/world.js';

export const FAULTS = [
  'kill',
  'kill-at-send',
  'stop',
  'machine-sleep',
  'redis-cut',
  'redis-partition',
  'sql-partition',
  'wall-clock-jump',
  'flushall',
  'redis-restart',
  'drain',
] as const;

export type FaultKind = (typeof FAULTS)[number];

export interface PlannedFault {
  readonly atMs: number;
  readonly kind: FaultKind;
  /** A length, a distance or a count, as the kind has it; 0 ≤ x < 1. */
  readonly amount: number;
}

export interface Plan {
  readonly workers: number;
  readonly fronts: number;
  readonly maxSkewMs: number;
  readonly settings: WorldSettings;
  readonly messages: readonly PlannedMessage[];
  readonly faults: readonly PlannedFault[];
  readonly sqlRefused: number;
  readonly sqlLostAcknowledgement: number;
  /** Faults of SQL end, and none begins after it. */
  readonly quietAtMs: number;
}

export function drawPlan(random: Random): Plan {
  const quietAtMs = 1_000 + 3_500 * random.next();
  const contexts = 1 + random.below(2);
  const isSqlShaky = random.chance(0.5);
  const faults = Array.from({ length: 1 + random.below(7) }, () => ({
    atMs: quietAtMs * random.next(),
    kind: random.pick(FAULTS),
    amount: random.next(),
  }));
  return {
    workers: 3 + random.below(2),
    fronts: 1 + random.below(2),
    maxSkewMs: random.pick([0, 50, 2_000, 10_000]),
    settings: {
      leaseMs: random.pick([300, 1_200, 1_200, 2_000]),
      timeSliceMs: random.pick([50, 1_000]),
      concurrency: 1 + random.below(4),
      concurrentGroups: random.pick([1, 1, 4]),
      checkpoint: drawCheckpoint(random),
      waitExpiresAfterMs: random.chance(0.1) ? 1_000 : 86_400_000,
    },
    messages: Array.from({ length: 1 + random.below(4) }, (_, index) => drawMessage(random, index, random.below(contexts), quietAtMs)),
    faults: faults.sort((a, b) => a.atMs - b.atMs),
    sqlRefused: isSqlShaky ? 0.1 * random.next() : 0,
    sqlLostAcknowledgement: isSqlShaky ? 0.1 * random.next() : 0,
    quietAtMs,
  };
}

function drawMessage(random: Random, index: number, context: number, quietAtMs: number): PlannedMessage {
  return {
    atMs: 0.7 * quietAtMs * random.next(),
    messageId: `message-${index}`,
    contextId: `context-${context}`,
    ...drawWork(random),
    owner: 'somebody',
    doubleTexting: random.chance(0.75) ? 'enqueue' : random.pick(['reject', 'interrupt']),
    copies: random.chance(0.3) ? 2 : 1,
    cancelAfterMs: random.chance(0.2) ? 2_000 * random.next() : undefined,
    streams: 1 + (random.chance(0.2) ? 1 : 0),
    feeds: random.chance(0.4) ? 1 : 0,
    readMs: random.chance(0.1) ? 200 : 0,
  };
}

function drawWork(random: Random): Pick<PlannedMessage, 'agent' | 'script'> {
  if (!random.chance(0.25)) return { agent: random.chance(0.6) ? LLM_AGENT : PLAIN_AGENT, script: drawScript(random) };
  const rounds = Array.from({ length: 1 + random.below(2) }, () =>
    Array.from({ length: 1 + random.below(3) }, () => drawBranch(random, 0)),
  );
  return { agent: BRANCHING_AGENT, script: { steps: [], fails: false, rounds } };
}

function drawBranch(random: Random, depth: number): ScriptedBranch {
  const inheritsHistory = random.chance(0.5);
  if (depth === 0 && random.chance(0.2)) {
    const rounds = [[drawBranch(random, 1), drawBranch(random, 1)]];
    return { agent: BRANCHING_AGENT, inheritsHistory, script: { steps: [], fails: false, rounds } };
  }
  // What a branch asks is answered in words: its tools are such that nobody is asked about them.
  return { agent: random.chance(0.5) ? LLM_AGENT : PLAIN_AGENT, inheritsHistory, script: drawScript(random, ['look', 'put']) };
}

function drawScript(random: Random, tools: readonly ToolName[] = TOOL_NAMES): AgentScript {
  return {
    steps: Array.from(
      { length: 1 + random.below(4) },
      (): ScriptedStep => ({
        words: 1 + random.below(3),
        wordMs: random.pick([1, 5, 20, 80, 400]),
        asks: random.chance(0.15),
        failing: random.chance(0.2) ? 0.3 : 0,
        calls: Array.from({ length: 1 + random.below(2) }, () => ({
          tool: random.pick(tools),
          forMs: random.pick([1, 5, 30, 200, 1_500]),
        })),
      }),
    ),
    fails: random.chance(0.1),
  };
}

function drawCheckpoint(random: Random): CheckpointSettings {
  return {
    enabled: random.chance(0.4),
    strategy: random.pick(['event', 'interval', 'hybrid']),
    interval: { iterations: random.below(4), ms: random.pick([0, 500]) },
    afterTools: random.chance(0.5),
    beforeLlm: random.chance(0.3),
    recovery: { autoResume: random.chance(0.6), autoResumeHitl: random.chance(0.6), timeoutMs: 3_600_000 },
  };
}
