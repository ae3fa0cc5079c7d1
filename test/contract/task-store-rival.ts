/** A process of its own that works on a database beside others: `task-store-rival <settings as JSON> <rounds>`. */
import { systemClock } from '../../src/base/clock.js';
import type { DatabaseSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { openDatabase } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { sampleAccept, sampleArtifact, sampleCommit, sampleMessage, sampleStatus } from '../support/run-log-samples.js';

const [settingsJson = '', rounds = '0'] = process.argv.slice(2);
const database = await openDatabase(JSON.parse(settingsJson) as DatabaseSettings, { log: silentLogger, clock: systemClock });
const store = new SqlTaskStore(database);
const counts = { accepted: 0, committed: 0 };

await Promise.all(
  Array.from({ length: Number(rounds) }, async (_, round) => {
    const contextId = `context ${round % 5}`;
    // Every rival sends the same messages; one of them makes each task (R11).
    const accepted = await store.accept(sampleAccept({ messageId: `message ${round}`, contextId }));
    if (accepted.type === 'accepted') counts.accepted += 1;
    if (!('task' in accepted)) return;
    await workOff(accepted.task.id);
  }),
);
await database.close();
process.stdout.write(`${JSON.stringify(counts)}\n`);

/** Takes and ends a run, and those that waited for it. What a rival has taken meanwhile is left to it. */
async function workOff(taskId: string): Promise<void> {
  for (let id: string | undefined = taskId; id !== undefined; ) {
    const taken = await store.take(id, Date.now());
    if (taken.type !== 'taken') return;
    const events = [sampleArtifact('a'), sampleStatus('TASK_STATE_COMPLETED')];
    const messages = [sampleMessage('a'), sampleMessage('b')];
    const outcome = await store.commit(sampleCommit(taken.task, 'TASK_STATE_COMPLETED', { events, messages }));
    if (outcome.type !== 'committed') return;
    counts.committed += 1;
    id = outcome.next?.id;
  }
}
