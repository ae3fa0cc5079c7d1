/** A process of its own that works on a database beside others: `task-store-rival <settings as JSON> <rounds>`. */
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { TakenRun } from '../../src/tasks/task-store.js';
import { sampleAccept, sampleArtifact, sampleCommit, sampleMessage, sampleStatus } from '../support/run-log-samples.js';

/** Between a run's take and the commit that ended it, one process had it. */
export interface RunSpan {
  readonly contextId: string;
  readonly turn: number;
  /** Of the clock that all processes share, microseconds. */
  readonly takenAt: number;
  readonly endedAt: number;
}

const [settingsJson = '', rounds = '0'] = process.argv.slice(2);
const database = await openDatabase(JSON.parse(settingsJson) as DatabaseSettings, { log: silentLogger, clock: systemClock });
const store = new SqlTaskStore(database);
const counts = { accepted: 0, committed: 0, begun: 0, spans: [] as RunSpan[] };

await Promise.all(
  Array.from({ length: Number(rounds) }, async (_, round) => {
    const contextId = `context ${round % 5}`;
    // Every rival sends the same messages; one of them makes each task (R11), and every other round takes it in the same commit.
    const sample = sampleAccept({ messageId: `message ${round}`, contextId });
    const accepted = await store.accept(round % 2 === 0 ? sample : { ...sample, worker: 'a worker' });
    if (accepted.type === 'accepted') counts.accepted += 1;
    if (!('task' in accepted)) return;
    const begun = accepted.type === 'accepted' ? accepted.taken : undefined;
    if (begun !== undefined) counts.begun += 1;
    await workOff(accepted.task.id, begun);
  }),
);
await database.close();
process.stdout.write(`${JSON.stringify(counts)}\n`);

/** Takes and ends a run, and those that waited for it. What a rival has taken meanwhile is left to it. */
async function workOff(taskId: string, begun: TakenRun | undefined): Promise<void> {
  let taken = begun;
  for (let id: string | undefined = taskId; id !== undefined; taken = undefined) {
    taken ??= await take(id);
    if (taken === undefined) return;
    const takenAt = now();
    await setTimeout(1);
    const events = [sampleArtifact('a'), sampleStatus('TASK_STATE_COMPLETED')];
    const messages = [sampleMessage('a'), sampleMessage('b')];
    const endedAt = now();
    const outcome = await store.commit(sampleCommit(taken.task, 'TASK_STATE_COMPLETED', { events, messages }));
    if (outcome.type !== 'committed') return;
    counts.committed += 1;
    const { contextId, turn } = taken.task;
    counts.spans.push({ contextId, turn, takenAt, endedAt });
    id = outcome.next?.id;
  }
}

async function take(id: string): Promise<TakenRun | undefined> {
  const outcome = await store.take(id, Date.now());
  return outcome.type === 'taken' ? outcome : undefined;
}

function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
