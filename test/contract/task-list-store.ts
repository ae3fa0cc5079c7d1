/** Lists of tasks: what every store of them keeps (L1–L3, L6). */
import type { Test } from 'tap';
import type { TaskState } from '../../src/protocol/a2a.js';
import type { ListedTask, TaskListFilter, TaskListPlace, TaskListStore } from '../../src/tasks/task-list-store.js';
import type { TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import { createRandom, type Random } from '../support/random.js';
import { acceptNew, sampleArtifact, sampleCommit, takeNow } from '../support/run-log-samples.js';

export type ListableStore = TaskStore & TaskListStore;

/** Two stores over one database, as two processes have them; or one twice. */
export type OpenListable = (t: Test) => Promise<readonly [ListableStore, ListableStore]>;

const ADA = { agent: 'helper', owner: 'ada', tenant: '' } as const;

export async function taskListSuite(t: Test, open: OpenListable): Promise<void> {
  await t.test('a list has the tasks of one owner, agent and tenant, letter by letter (L1, U1)', async (t) => {
    const [store, other] = await open(t);
    const accept = async (whose: { agent: string; owner: string; tenant: string }) => {
      const { agent, owner, tenant } = whose;
      return (await acceptNew(store, { key: { agent, owner, contextId: 'c1' }, tenant })).id;
    };
    const everybody = [
      ADA,
      { ...ADA, owner: 'Ada' },
      { ...ADA, owner: 'ada ' },
      { ...ADA, owner: 'x'.repeat(500) },
      { ...ADA, agent: 'other' },
      { ...ADA, tenant: 'acme' },
      { ...ADA, tenant: 'acme ' },
    ];
    for (const whose of everybody) {
      const id = await accept(whose);
      for (const filter of [whose, { ...whose, contextId: 'c1' }]) {
        t.same(
          (await other.listTasks({ ...filter, limit: 10 })).map((task) => task.id),
          [id],
          JSON.stringify(filter),
        );
        t.equal(await other.countTasks(filter), 1);
      }
    }
    t.same(await other.listTasks({ ...ADA, contextId: 'c1 ', limit: 10 }), []);
    t.equal(await other.countTasks({ ...ADA, owner: 'nobody' }), 0);
  });

  await t.test('the order is that of the times of the status, whatever else was written meanwhile; ids break ties (L3)', async (t) => {
    const [store, other] = await open(t);
    const at = 1_700_000_000_000;
    const ids: string[] = [];
    for (const offset of [3, 1, 2, 2, 2]) ids.push((await acceptNew(store, { at: at + offset })).id);
    const order = async () => (await other.listTasks({ ...ADA, limit: 10 })).map(({ id, statusAt }) => [id, statusAt - at]);
    const ties = ids.slice(2).sort().reverse();
    t.same(await order(), [[ids[0], 3], ...ties.map((id) => [id, 2]), [ids[1], 1]]);
    const task = await takeAt(store, ids[1] as string, at + 10);
    t.same((await order())[0], [ids[1], 10], 'its work began');
    await store.commit(sampleCommit(task, 'TASK_STATE_WORKING', { events: [sampleArtifact('a')], at: at + 20 }));
    t.same((await order())[0], [ids[1], 10], 'a step without a word about the status');
    const status = { state: 'TASK_STATE_WORKING', timestamp: new Date(at + 15).toISOString() } as const;
    await store.commit(
      sampleCommit({ ...task, step: 2 }, 'TASK_STATE_WORKING', { events: [{ type: 'status.changed', status }], at: at + 30 }),
    );
    t.same((await order())[0], [ids[1], 15], 'what clients read as its timestamp counts');
    await store.cancel(ids[1] as string, 'ada', undefined, at + 40);
    t.same((await order())[0], [ids[1], 40]);
  });

  await t.test('filters by context, state and time, together and alone, with their counts (L6)', async (t) => {
    const [store, other] = await open(t);
    const at = 1_700_000_000_000;
    const random = createRandom(7);
    const all: { id: string; contextId: string; state: TaskState; statusAt: number }[] = [];
    for (let index = 0; index < 40; index++) {
      const contextId = `c${random.below(3)}`;
      const statusAt = at + random.below(20);
      const { id } = await acceptNew(store, { contextId, at: statusAt });
      if (random.chance(0.5)) await store.cancel(id, 'ada', undefined, statusAt);
      const state = ((await store.find(id, undefined)) as TaskRecord).state;
      all.push({ id, contextId, state, statusAt });
    }
    for (const contextId of [undefined, 'c0', 'c9']) {
      for (const state of [undefined, 'TASK_STATE_CANCELED', 'TASK_STATE_SUBMITTED', 'TASK_STATE_REJECTED'] as const) {
        for (const since of [undefined, at - 1, at + 10, at + 100]) {
          const filter = compact({ ...ADA, contextId, state, since });
          const expected = all
            .filter((task) => (contextId ?? task.contextId) === task.contextId && (state ?? task.state) === task.state)
            .filter((task) => task.statusAt >= (since ?? 0))
            .sort((a, b) => b.statusAt - a.statusAt || (a.id < b.id ? 1 : -1))
            .map((task) => task.id);
          t.same(
            (await other.listTasks({ ...filter, limit: 100 })).map((task) => task.id),
            expected,
            JSON.stringify(filter),
          );
          t.equal(await other.countTasks(filter), expected.length);
          t.same(
            (await readPages(other, filter, () => 3)).map((task) => task.id),
            expected,
            'and in pages of three',
          );
        }
      }
    }
  });

  await t.test('the logs of a page come in one go, up to where each task was, with or without artifacts', async (t) => {
    const [store, other] = await open(t);
    const tasks: TaskRecord[] = [];
    for (let index = 0; index < 3; index++) {
      const task = await takeNow(store, (await acceptNew(store)).id);
      await store.commit(sampleCommit(task, 'TASK_STATE_WORKING', { events: [sampleArtifact('a'), sampleArtifact('b')] }));
      tasks.push(task);
    }
    const listed = await other.listTasks({ ...ADA, limit: 10 });
    await store.cancel((tasks[0] as TaskRecord).id, 'ada', undefined, Date.now());
    const whole = await other.eventsOfTasks([...listed, { id: 'gone', contextId: 'c', seq: 9 }], { artifacts: true });
    t.equal(whole.size, 3);
    for (const { id } of tasks) t.same(whole.get(id), await other.events(id, 0, 4));
    const brief = await other.eventsOfTasks(listed, { artifacts: false });
    for (const { id } of tasks) t.same(brief.get(id), await other.events(id, 0, 2));
    t.equal((await other.eventsOfTasks([], { artifacts: true })).size, 0);
  });

  await t.test('how large logs are is told before they are read', async (t) => {
    const [store, other] = await open(t);
    const task = await takeNow(store, (await acceptNew(store)).id);
    const small = await acceptNew(store);
    const large = { ...sampleArtifact('a'), artifact: { artifactId: 'a', parts: [{ text: 'é'.repeat(50_000) }] } };
    await store.commit(sampleCommit(task, 'TASK_STATE_WORKING', { events: [large] }));
    const sizes = await other.logSizes([task, small, { id: 'gone' }], { artifacts: true });
    t.same([...sizes.keys()].sort(), [task.id, small.id].sort());
    const size = sizes.get(task.id) as number;
    t.ok(size >= 100_000 && size < 110_000, `bytes, not characters: ${size}`);
    t.ok((sizes.get(small.id) as number) < 5_000);
    t.ok(((await other.logSizes([task], { artifacts: false })).get(task.id) as number) < 5_000);
    t.equal((await other.logSizes([], { artifacts: true })).size, 0);

    t.equal((await other.events(task.id, 0, 10)).length, 3);
    t.same(
      (await other.events(task.id, 0, 10, 50_000)).map(({ seq }) => seq),
      [1, 2],
      'what would be too much waits',
    );
    t.same(
      (await other.events(task.id, 2, 10, 50_000)).map(({ seq }) => seq),
      [3],
      'one in any case',
    );
    t.same(
      (await other.events(task.id, 0, 10, 1)).map(({ seq }) => seq),
      [1],
    );
    t.same(
      (await other.events(task.id, 0, 2, 1_000_000)).map(({ seq }) => seq),
      [1, 2],
      'the limit holds too',
    );
    t.same(await other.events(task.id, 0, 10, 1_000_000), await other.events(task.id, 0, 10));
    t.same(await other.events(task.id, 3, 10, 50_000), []);
  });

  for (const seed of [1, 2, 3]) {
    await t.test(`pages miss and repeat nothing while several writers are at work, seed ${seed} (L2)`, async (t) => {
      const stores = await open(t);
      const random = createRandom(seed);
      const resting = new Set<string>();
      const moving: string[] = [];
      for (let index = 0; index < 60; index++) {
        const { id } = await acceptNew(stores[0], { contextId: `c${random.below(2)}` });
        if (random.chance(0.3)) await stores[0].cancel(id, 'ada', undefined, Date.now());
        if (random.chance(0.6)) resting.add(id);
        else moving.push(id);
      }
      let isDone = false;
      const writers = [0, 1, 2, 3].map(async (writer) => {
        const own = moving.filter((_, index) => index % 4 === writer);
        for (let turn = 0; turn < 500 && !isDone; turn++) await disturb(stores[writer % 2] as ListableStore, random, own);
      });
      for (let round = 0; round < 5; round++) {
        for (const filter of [ADA, { ...ADA, contextId: 'c1' }, { ...ADA, state: 'TASK_STATE_CANCELED' } as const]) {
          const expected = new Set<string>();
          for (const id of resting) {
            const { contextId, state } = (await stores[0].find(id, undefined)) as TaskRecord;
            if ((!('contextId' in filter) || contextId === 'c1') && (!('state' in filter) || state === filter.state)) expected.add(id);
          }
          const seen = (await readPages(stores[round % 2] as ListableStore, filter, () => 1 + random.below(9))).map((task) => task.id);
          t.same(
            [...expected].filter((id) => !seen.includes(id)),
            [],
            'none that rests is missed',
          );
          t.equal(new Set(seen).size, seen.length, 'none comes twice');
        }
      }
      isDone = true;
      await Promise.all(writers);
    });
  }
}

/** Something happens to a task, or a new one comes. */
async function disturb(store: ListableStore, random: Random, own: string[]): Promise<void> {
  if (own.length === 0 || random.chance(0.3)) {
    own.push((await acceptNew(store, { contextId: `c${random.below(2)}` })).id);
    return;
  }
  const id = random.pick(own);
  if (random.chance(0.2)) {
    await store.cancel(id, 'ada', undefined, Date.now());
    return;
  }
  const outcome = await store.take(id, Date.now());
  if (outcome.type !== 'taken') return;
  const state = random.pick(['TASK_STATE_WORKING', 'TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_COMPLETED'] as const);
  await store.commit(sampleCommit(outcome.task, state, { at: Date.now() }));
}

/** All pages, one after the other, each as long as `size` says. */
export async function readPages(store: TaskListStore, filter: TaskListFilter, size: () => number): Promise<readonly ListedTask[]> {
  const all: ListedTask[] = [];
  for (let after: TaskListPlace | undefined; ; ) {
    const page = await store.listTasks({ ...filter, limit: size(), ...(after === undefined ? {} : { after }) });
    all.push(...page);
    after = page.at(-1);
    if (after === undefined) return all;
  }
}

async function takeAt(store: TaskStore, id: string, at: number): Promise<TaskRecord> {
  const outcome = await store.take(id, at);
  if (outcome.type !== 'taken') throw new Error(outcome.type);
  return outcome.task;
}

function compact({ contextId, state, since, ...whose }: Undefinable<TaskListFilter>): TaskListFilter {
  return {
    ...(whose as typeof ADA),
    ...(contextId === undefined ? {} : { contextId }),
    ...(state === undefined ? {} : { state }),
    ...(since === undefined ? {} : { since }),
  };
}

type Undefinable<T> = { readonly [Key in keyof T]?: T[Key] | undefined };
