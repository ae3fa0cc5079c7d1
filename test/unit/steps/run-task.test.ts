import t, { type Test } from 'tap';
import type { Agent, StepOutcome } from '../../../src/agents/agent.js';
import { systemClock } from '../../../src/base/clock.js';
import { AppError } from '../../../src/base/errors.js';
import { silentLogger } from '../../../src/observe/log.js';
import { createMetrics } from '../../../src/observe/metrics.js';
import { runTaken, runTask } from '../../../src/steps/run-task.js';
import { RunningTasks } from '../../../src/steps/running-tasks.js';
import { SqlTaskStore } from '../../../src/storage/sql/sql-task-store.js';
import type { FeedItem } from '../../../src/tasks/coordination.js';
import { InProcessFeed } from '../../support/in-process-feed.js';
import { acceptNew, sampleAccept, takeNow } from '../../support/run-log-samples.js';
import { createSqlite } from '../../support/temp-database.js';
import { storageSettings } from '../../support/test-settings.js';

t.test('a run that is given up tells its followers, and the next run of its session gets a job', async (t) => {
  const { store, published, jobs, running, held, run } = await setUp(t, () => t.fail('no agent is asked for a step of it') as never);
  const first = await acceptNew(store, { contextId: 'c1' });
  const second = await acceptNew(store, { contextId: 'c1' });
  for (let take = 0; take < 10; take++) await takeNow(store, first.id);
  await published.follow(first.id);

  t.same(await run(first.id), { type: 'done' });
  t.match(published.items, [{ type: 'event', event: { type: 'status.changed', seq: 3, status: { state: 'TASK_STATE_FAILED' } } }]);
  t.same(jobs, [[second.id, first.id]]);
  t.equal(held(), 0, 'the lease is given back');
  t.equal(running.size, 0);
});

t.test('a step that is called off gives its take back; one that fails for a moment does not (R3)', async (t) => {
  const lost = new AbortController();
  let stop = (): void => {};
  const agent: Agent = {
    name: 'helper',
    runStep: async (_, { signal }) => {
      stop();
      signal.throwIfAborted();
      throw new AppError('LLM_UNAVAILABLE');
    },
  };
  const { store, running, run } = await setUp(t, () => agent, lost.signal);
  const takes = async (id: string) => (await store.find(id, undefined))?.takes;
  const drained = await acceptNew(store);
  stop = () => running.abortAll();
  for (let time = 0; time < 12; time++) await t.rejects(run(drained.id), { code: 'STEP_ABORTED' });
  t.equal(await takes(drained.id), 0);
  stop = () => {};
  await t.rejects(run(drained.id), { code: 'LLM_UNAVAILABLE' });
  t.equal(await takes(drained.id), 1, 'the fault of the step');
  stop = () => lost.abort(new AppError('TASK_LOST'));
  await t.rejects(run(drained.id), { code: 'TASK_LOST' });
  t.equal(await takes(drained.id), 1);
});

t.test('all steps of a turn are of one agent, which is asked for once and kept until the turn is over (R12)', async (t) => {
  const left = ['continue', 'continue', 'finished'] as const;
  let steps = 0;
  let asked = 0;
  let kept: AbortSignal | undefined;
  const agent: Agent = {
    name: 'helper',
    runStep: async () => {
      t.notOk(kept?.aborted);
      return { type: left[steps++] ?? 'finished', control: {}, messages: [], events: [] };
    },
  };
  const getAgent = (turn: AbortSignal) => {
    asked += 1;
    kept = turn;
    return agent;
  };
  const { store, run } = await setUp(t, getAgent);
  const { id } = await acceptNew(store);
  await run(id);
  t.same([steps, asked, kept?.aborted], [3, 1, true]);
});

t.test('a step that adds more than a task may grow by ends the run in words, whatever its agent (Z4)', async (t) => {
  const text = 'é'.repeat(5 * 1024 * 1024);
  const added = { control: {}, messages: [] };
  const artifact = (part: string) =>
    ({ type: 'artifact.updated', artifact: { artifactId: 'a', parts: [{ text: part }] }, append: false, lastChunk: true }) as const;
  const statusMessage = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text }] } as const;
  let outcome: StepOutcome = { type: 'finished', ...added, events: [] };
  const { store, run } = await setUp(t, () => ({ name: 'helper', runStep: async () => outcome }));
  const ended = async () => {
    const { id } = await acceptNew(store);
    await run(id);
    const [last] = (await store.events(id, 0)).slice(-1);
    return last?.type === 'status.changed' ? last.status : undefined;
  };
  for (const large of [
    { type: 'finished', ...added, events: [artifact(text)] },
    { type: 'finished', ...added, events: [artifact(text.slice(0, 3_000_000)), artifact(text.slice(0, 3_000_000))] },
    { type: 'continue', ...added, events: [artifact(text)] },
    { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', ...added, events: [], statusMessage },
    { type: 'failed', ...added, events: [], statusMessage },
  ] as const) {
    outcome = large;
    t.match(await ended(), {
      state: 'TASK_STATE_FAILED',
      message: { parts: [{ text: /server\.limits\.max_event_bytes allows 8388608 bytes/ }] },
    });
  }
  outcome = { type: 'finished', ...added, events: [artifact(text.slice(0, 4_000_000))] };
  t.match(await ended(), { state: 'TASK_STATE_COMPLETED' });
});

t.test('what a run was begun with need not be read, and whoever changes it changes his own', async (t) => {
  const seen: unknown[] = [];
  const agent: Agent = {
    name: 'helper',
    runStep: async (_, { readEvents }) => {
      const events = (await readEvents()) as unknown as { type: string; seq: number }[];
      seen.push(events.map(({ seq, type }) => `${seq} ${type}`));
      for (const event of events) event.type = 'changed';
      return { type: seen.length < 3 ? 'continue' : 'finished', control: {}, messages: [], events: [], durable: true };
    },
  };
  const { store, dependencies, run } = await setUp(t, () => agent);
  const input = sampleAccept();
  const accepted = await store.accept({ ...input, worker: 'worker' });
  if (accepted.type !== 'accepted' || accepted.taken === undefined) throw new Error('it was not taken');
  const log = [...accepted.events, ...accepted.taken.events];
  const reads: number[] = [];
  const read = store.events.bind(store);
  store.events = (taskId, afterSeq, ...rest) => {
    reads.push(seen.length);
    return read(taskId, afterSeq, ...rest);
  };
  const acquired = await dependencies.leases.acquire(accepted.task.id);
  const hold = { lease: acquired.lease, run: dependencies.running.begin(accepted.task.id), draining: new AbortController().signal };
  await runTaken({ ...accepted.taken, log }, hold, dependencies);
  const atFirst = ['1 task.created', '2 status.changed'];
  t.same(seen, [atFirst, atFirst, atFirst]);
  t.same(reads, [], 'steps without events add none to it');
  t.match(log, [{ type: 'task.created' }, { type: 'status.changed' }]);
  const other = await acceptNew(store);
  await run(other.id);
  t.same(reads, [3], 'that of a job is read');
});

async function setUp(t: Test, getAgent: (turn: AbortSignal) => Agent, lost = new AbortController().signal) {
  const store = new SqlTaskStore(await (await createSqlite(t)).open());
  const publisher = new InProcessFeed();
  const items: FeedItem[] = [];
  const follow = async (taskId: string) => {
    const following = await publisher.subscribe(
      taskId,
      (item) => items.push(item),
      () => {},
    );
    t.teardown(() => following.close());
  };
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
    return { type: 'acquired' as const, lease: { taskId, lost, release } };
  };
  const leases = { acquire, held: async () => new Set<string>(), close: async () => {} };
  const running = new RunningTasks();
  const dependencies = {
    ...{ store, leases, publisher, queue, running, clock: systemClock, log: silentLogger, metrics: createMetrics() },
    ...{ worker: 'worker', timeSliceMs: 1_000, checkpoint: storageSettings().checkpoint },
    getAgent: async (_version: string, _name: string, turn: AbortSignal) => getAgent(turn),
  };
  const run = (taskId: string) => runTask(taskId, new AbortController().signal, dependencies);
  return { store, published: { items, follow }, jobs, running, held: () => held, run, dependencies };
}
