/** How many durable steps a worker's own code takes, without Redis: the agent's loop, the commit, the database. */
import { systemClock } from '../../src/base/clock.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { StepCommit } from '../../src/tasks/task-store.js';
import { createWorker } from './measure-history.js';
import { sampleAccept } from './run-log-samples.js';

export interface StepFigures {
  readonly perSecond: number;
  /** Of this process, the database's engine included where it lives in it, per step. */
  readonly cpuUs: number;
  /** Of each commit. */
  readonly commitMs: readonly number[];
}

/** Runs of `MODEL_CALLS` steps, one after the other, `underWay` at once. */
export async function measureSteps(
  settings: DatabaseSettings,
  { underWay, seconds }: { readonly underWay: number; readonly seconds: number },
): Promise<StepFigures> {
  const database = await openDatabase(settings, { name: 'test', log: silentLogger, clock: systemClock });
  try {
    const store = new SqlTaskStore(database);
    const work = createWorker(database, { modelCalls: MODEL_CALLS });
    const commitMs: number[] = [];
    const commit = async (target: SqlTaskStore, input: StepCommit) => {
      const startedMs = performance.now();
      const outcome = await target.commit(input);
      commitMs.push(performance.now() - startedMs);
      return outcome;
    };
    const startMs = performance.now();
    const before = process.cpuUsage();
    const endMs = startMs + seconds * 1_000;
    const goOn = async () => {
      while (performance.now() < endMs) {
        const accepted = await store.accept(sampleAccept({ text: 'Go on until it is done.' }));
        if (accepted.type !== 'accepted') throw new Error(`not accepted: ${accepted.type}`);
        await work(accepted.task, { until: Number.POSITIVE_INFINITY, log: { commit } });
      }
    };
    await Promise.all(Array.from({ length: underWay }, goOn));
    const { user, system } = process.cpuUsage(before);
    return { perSecond: commitMs.length / ((performance.now() - startMs) / 1_000), cpuUs: (user + system) / commitMs.length, commitMs };
  } finally {
    await database.close();
  }
}

const MODEL_CALLS = 20;
