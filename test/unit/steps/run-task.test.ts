import t from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { silentLogger } from '../../../src/observe/log.js';
import { createMetrics } from '../../../src/observe/metrics.js';
import { runTask } from '../../../src/steps/run-task.js';
import { RunningTasks } from '../../../src/steps/running-tasks.js';
import { SqlTaskStore } from '../../../src/storage/sql/sql-task-store.js';
import type { FeedItem } from '../../../src/tasks/coordination.js';
import { InProcessFeed } from '../../support/in-process-feed.js';
import { acceptNew, takeNow } from '../../support/run-log-samples.js';
import { createSqlite } from '../../support/temp-database.js';
import { storageSettings } from '../../support/test-settings.js';

t.test('a run that is given up tells its followers, and the next run of its session gets a job', async (t) => {
  const store = new SqlTaskStore(await (await createSqlite(t)).open());
  const first = await acceptNew(store, { contextId: 'c1' });
  const second = await acceptNew(store, { contextId: 'c1' });
  for (let take = 0; take < 10; take++) await takeNow(store, first.id);

  const publisher = new InProcessFeed();
  const published: FeedItem[] = [];
  const following = await publisher.subscribe(
    first.id,
    (item) => published.push(item),
    () => {},
  );
  t.teardown(() => following.close());
  const jobs: unknown[] = [];
  const queue = {
    enqueue: async (task: { id: string }, after?: string) => void jobs.push([task.id, after]),
    assertCapacity: async () => {},
    waiting: async () => 0,
  };
  let held = 0;
  const acquire = async (taskId: string) => {
    held += 1;
    let isHeld = true;
    const release = async () => {
      held -= isHeld ? 1 : 0;
      isHeld = false;
    };
    return { type: 'acquired' as const, lease: { taskId, lost: new AbortController().signal, release } };
  };
  const leases = { acquire, held: async () => new Set<string>(), close: async () => {} };
  const getAgent = () => t.fail('no agent is asked for a step of it') as never;
  const running = new RunningTasks();
  const dependencies = {
    ...{ store, leases, publisher, queue, running, getAgent, clock: systemClock, log: silentLogger, metrics: createMetrics() },
    ...{ worker: 'worker', timeSliceMs: 1_000, checkpoint: storageSettings().checkpoint },
  };

  t.same(await runTask(first.id, new AbortController().signal, dependencies), { type: 'done' });
  t.match(published, [{ type: 'event', event: { type: 'status.changed', seq: 3, status: { state: 'TASK_STATE_FAILED' } } }]);
  t.same(jobs, [[second.id, first.id]]);
  t.equal(held, 0, 'the lease is given back');
  t.equal(running.size, 0);
});
