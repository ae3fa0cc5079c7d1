/** One seed, from its plan to the verdict. */
import { createRandom } from '../support/random.js';
import { drawPlan } from './plan.js';
import type { Violation } from './world/audit.js';
import { Cluster } from './world/cluster.js';
import { type ConversationResult, converse } from './world/conversation.js';
import { FaultInjector } from './world/fault-injector.js';
import { checkAtRest } from './world/final-checks.js';
import { operate } from './world/operator.js';
import { Scheduler } from './world/scheduler.js';
import type { SharedDatabase } from './world/shared-database.js';
import { Trace } from './world/trace.js';
import { takeOverGlobals } from './world/virtual-globals.js';
import { type Mutant, World } from './world/world.js';

export interface HistoryResult {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly traceHash: string;
  readonly tail: readonly string[];
  readonly events: number;
  readonly virtualMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

export interface HistoryOptions {
  readonly database: SharedDatabase;
  readonly mutant?: Mutant;
  readonly onLine?: (line: string) => void;
}

export async function runHistory(seed: number, { database, mutant = {}, onLine }: HistoryOptions): Promise<HistoryResult> {
  const trace = new Trace(onLine === undefined ? {} : { onLine });
  const scheduler = new Scheduler(seed, trace);
  const giveBack = takeOverGlobals(scheduler, createRandom(seed + 0x5eed));
  database.clear();
  try {
    const plan = drawPlan(scheduler.random);
    const world = new World(scheduler, database, plan.settings, mutant);
    const cluster = new Cluster(world, plan);
    new FaultInjector(world, cluster).start(plan);
    const results: ConversationResult[] = [];
    void operate(world, cluster, 'somebody');
    for (const message of plan.messages) {
      converse(world, cluster, message).then(
        (result) => results.push(result),
        (error: unknown) => world.audit.fail('simulator', `a client failed: ${(error as Error).stack}`),
      );
    }
    const isOver = () => world.audit.violation !== undefined || (results.length === plan.messages.length && scheduler.now > plan.quietAtMs);
    const rested = await scheduler.run(isOver, plan.quietAtMs + REST_LIMIT_MS);
    if (!rested)
      world.audit.fail(
        'rest',
        `not at rest ${REST_LIMIT_MS} ms after the last fault: ${describeUnrest(world, results, plan.messages.length)}`,
      );
    else if (world.audit.violation === undefined) checkAtRest(world, results);
    for (const server of cluster.alive) server.process.isAlive = false;
    const { events, now } = scheduler;
    return {
      seed,
      violation: world.audit.violation,
      traceHash: trace.hash,
      tail: trace.tail,
      events,
      virtualMs: now,
      counts: world.counts,
    };
  } finally {
    giveBack();
  }
}

function describeUnrest({ audit }: World, results: readonly ConversationResult[], wanted: number): string {
  return `${results.length} of ${wanted} conversations ended; ${[...audit.tasks.values()].map((task) => JSON.stringify(task)).join(' ')}`;
}

/** Longer than the largest difference between two wall clocks, by which the sweep may come late. */
const REST_LIMIT_MS = 60_000;
