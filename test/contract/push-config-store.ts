/** What every `PushConfigStore` does; `open` gives two over the same data, as two processes have them. */
import type { Test } from 'tap';
import type { PushConfig, PushConfigInput, PushConfigStore } from '../../src/tasks/push-config-store.js';
import type { TaskStore } from '../../src/tasks/task-store.js';
import { acceptNew, sampleCommit, takeNow } from '../support/run-log-samples.js';

interface Opened {
  readonly tasks: TaskStore;
  readonly configs: PushConfigStore;
  readonly others: PushConfigStore;
}

export async function pushConfigSuite(t: Test, open: (t: Test) => Promise<Opened>): Promise<void> {
  await t.test('a config is found as it was saved, by its task and id and by its key (P2, P3)', async (t) => {
    const { tasks, configs, others } = await open(t);
    const { id: taskId } = await acceptNew(tasks, {});
    const id = 'ein „Name“ with blanks ';
    const saved = await save(configs, { taskId, id, tenant: 'acme', token: 't', scheme: 'Bearer', credentials: 'c', at: 5_000 });
    t.match(saved, {
      ...{ taskId, id, tenant: 'acme', url: 'http://hook/', token: 't', scheme: 'Bearer', credentials: 'c', wireVersion: '1.0' },
      ...{ startSeq: 1, deliveredSeq: 0, state: 'active', failures: 0, nextAttemptAt: 0, createdAt: 5_000 },
    });
    t.match(saved.key, /^[\w-]{1,64}$/);
    t.same(await others.find(taskId, id), saved);
    t.same(await others.findByKey(saved.key), saved);
    t.equal(await others.find(taskId, id.trim()), undefined);
    t.equal(await others.find('another', id), undefined);
    t.equal(await others.find('no task\0', id), undefined);
    t.equal(await others.findByKey('x'), undefined);
  });

  await t.test('a config needs its task', async (t) => {
    const { configs } = await open(t);
    for (const taskId of ['unknown', 'no task\0']) t.same(await configs.save(sample({ taskId })), { type: 'no-task' });
  });

  await t.test('the same id replaces the config, which goes on where it was (P2)', async (t) => {
    const { tasks, configs, others } = await open(t);
    const { id: taskId } = await acceptNew(tasks, {});
    const first = await save(configs, { taskId, at: 1_000 });
    t.ok(await others.record({ config: first, deliveredSeq: 1, state: 'active', failures: 0, nextAttemptAt: 0 }));
    const moved = (await configs.findByKey(first.key)) as PushConfig;
    t.ok(await others.record({ config: moved, state: 'given-up', failures: 3, nextAttemptAt: 9 }));
    const second = await save(others, { taskId, url: 'http://else/', startSeq: 7, at: 2_000 });
    t.match(second, { key: first.key, url: 'http://else/', startSeq: 1, deliveredSeq: 1, state: 'active', failures: 0, createdAt: 1_000 });
    t.not(second.revision, first.revision);
    t.same(await configs.list(taskId), [second]);
    t.notOk(await others.record({ config: moved, deliveredSeq: 2, state: 'active', failures: 0, nextAttemptAt: 0 }), 'of the replaced one');
  });

  await t.test('a task has no more than its limit, also when two save at once', async (t) => {
    const { tasks, configs, others } = await open(t);
    const { id: taskId } = await acceptNew(tasks, {});
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) => (n % 2 === 0 ? configs : others).save(sample({ taskId, id: `${n}`, maxPerTask: 3, at: n }))),
    );
    t.equal(outcomes.filter(({ type }) => type === 'saved').length, 3);
    t.equal(outcomes.filter(({ type }) => type === 'too-many').length, 3);
    const listed = await configs.list(taskId);
    t.equal(listed.length, 3);
    t.same(
      listed,
      [...listed].sort((a, b) => a.createdAt - b.createdAt),
      'oldest first (P4)',
    );
    t.match(await configs.save(sample({ taskId, id: (listed[0] as PushConfig).id, maxPerTask: 3 })), { type: 'saved' });
  });

  await t.test('a deleted config is gone, and a new one under its id is another one (P5)', async (t) => {
    const { tasks, configs, others } = await open(t);
    const { id: taskId } = await acceptNew(tasks, {});
    const first = await save(configs, { taskId, at: 1_000 });
    t.equal(await others.delete(taskId, 'a'), true);
    t.equal(await configs.delete(taskId, 'a'), false);
    t.equal(await configs.delete('no task\0', 'a'), false);
    t.equal(await configs.find(taskId, 'a'), undefined);
    t.equal(await configs.record({ config: first, state: 'active', failures: 1, nextAttemptAt: 0 }), false);
    await save(configs, { taskId, at: 1_001 });
    t.equal(await configs.record({ config: first, deliveredSeq: 1, state: 'active', failures: 0, nextAttemptAt: 0 }), false);
  });

  await t.test('of two deliverers that read the same place one moves on (P9)', async (t) => {
    const { tasks, configs, others } = await open(t);
    const { id: taskId } = await acceptNew(tasks, {});
    const config = await save(configs, { taskId });
    const step = { config, deliveredSeq: 1, state: 'active', failures: 0, nextAttemptAt: 0 } as const;
    const moved = await Promise.all([configs.record(step), others.record(step), others.record({ ...step, deliveredSeq: 2 })]);
    t.equal(moved.filter((isMoved) => isMoved).length, 1);
  });

  await t.test('due are active configs whose task has news and whose time has come (P9)', async (t) => {
    const { tasks, configs, others } = await open(t);
    const task = await takeNow(tasks, (await acceptNew(tasks, {})).id);
    const taskId = task.id;
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const saved = await Promise.all(ids.map((id) => save(configs, { taskId, id })));
    const [first, second, third, fourth] = saved as [PushConfig, PushConfig, PushConfig, PushConfig];
    await configs.record({ config: first, deliveredSeq: task.seq, state: 'active', failures: 0, nextAttemptAt: 0 });
    await configs.record({ config: second, state: 'active', failures: 1, nextAttemptAt: 5_000 });
    await configs.record({ config: third, state: 'given-up', failures: 2, nextAttemptAt: 0 });
    await configs.record({ config: fourth, deliveredSeq: 1, state: 'ended', failures: 0, nextAttemptAt: 0 });
    t.same(await dueIds(others, 4_999), ['e']);
    t.same(await dueIds(others, 5_000), ['b', 'e']);
    await tasks.commit(sampleCommit(task, 'TASK_STATE_COMPLETED'));
    t.same(await dueIds(others, 5_000), ['a', 'b', 'e']);
    t.same(await dueIds(others, 5_000, 1), ['a', 'b', 'e'], 'page by page');
  });
}

async function dueIds(configs: PushConfigStore, at: number, limit = 100): Promise<string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await configs.due(at, limit, after);
    for (const { key } of page.due) ids.push((await configs.findByKey(key))?.id ?? '');
    after = page.next;
  } while (after !== undefined);
  return ids.sort();
}

function sample(change: Partial<PushConfigInput> & { readonly taskId: string }): PushConfigInput {
  const input = { id: 'a', tenant: '', url: 'http://hook/', token: '', scheme: '', credentials: '', wireVersion: '1.0' };
  return { ...input, maxPerTask: 10, at: 1_000, ...change };
}

async function save(configs: PushConfigStore, change: Parameters<typeof sample>[0]): Promise<PushConfig> {
  const outcome = await configs.save(sample(change));
  if (outcome.type !== 'saved') throw new Error(outcome.type);
  return outcome.config;
}
