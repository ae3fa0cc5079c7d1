/** Trees of runs under writers that get in each other's way: no join is lost or done twice, whatever comes first, and nobody waits in a circle. */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { isRunnable, isTerminal } from '../../src/protocol/task-state.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { chooseSeed } from '../support/long-form.js';
import { createRandom } from '../support/random.js';
import { acceptNew, sampleAccept, sampleArtifact, sampleCommit, sampleMessage, takeNow } from '../support/run-log-samples.js';
import { branch, start, withTree } from './child-runs.js';
import type { OpenRecoverable, RecoverableStore } from './recovery-store.js';

export async function concurrentChildRunSuite(t: Test, open: OpenRecoverable): Promise<void> {
  await t.test('of eight children that leave at the same instant exactly one wakes the parent', async (t) => {
    const [store, other] = await open(t);
    for (let round = 0; round < 5; round++) {
      const root = await rootWith(store);
      // Ids that stand before the root's and behind it: locks are taken by id.
      const starts = Array.from({ length: 8 }, (_, index) =>
        start(`${index}`, { taskId: `${index % 2 === 0 ? '!' : '~'}${randomUUID()}` }),
      );
      await branch(store, root, { starts, says: [] });
      const children = await Promise.all(starts.map(({ taskId }) => takeNow(store, taskId)));
      const outcomes = await Promise.all(
        children.map((child, index) => {
          const state = index % 3 === 0 ? 'TASK_STATE_INPUT_REQUIRED' : index % 3 === 1 ? 'TASK_STATE_COMPLETED' : 'TASK_STATE_FAILED';
          const sample = sampleCommit(child, state);
          const commit = { ...sample, events: [sampleArtifact(`${index}`), ...sample.events] };
          return (index % 2 === 0 ? store : other).commit(withTree(child, commit));
        }),
      );
      t.equal(outcomes.filter((outcome) => outcome.type === 'committed' && outcome.wakes?.[0]?.id === root.id).length, 1);
      t.match(await store.find(root.id, undefined), { openChildren: 0, children: 8, seq: 10 });
    }
  });

  await t.test(
    'trees that branch, wait, end and are canceled at random keep their counts, their order and their ends (R4–R6)',
    async (t) => {
      const stores = await open(t);
      const seed = chooseSeed(4_714);
      const random = createRandom(seed).next;
      const roots = await Promise.all(Array.from({ length: 6 }, () => rootWith(stores[0])));
      await Promise.all(
        roots.flatMap((root) => Array.from({ length: 3 }, (_, hand) => work(stores[hand % 2] as RecoverableStore, root, random))),
      );
      for (const root of roots) {
        const tree = [(await stores[0].find(root.id, undefined)) as TaskRecord, ...(await stores[0].descendants(root.id))];
        for (const run of tree) {
          const below = tree.filter(({ child }) => child?.parentId === run.id);
          t.equal(below.length, run.children ?? 0, `seed ${seed}: children of ${run.child?.key ?? 'the root'}`);
          t.equal(below.filter(({ state }) => isRunnable(state)).length, run.openChildren ?? 0, `seed ${seed}: open children`);
          if (isTerminal(run.state))
            t.ok(
              below.every(({ state }) => isTerminal(state)),
              `seed ${seed}: none outlives its parent`,
            );
          if ((run.openChildren ?? 0) > 0) t.equal(run.worker, '', `seed ${seed}: who waits for children is in nobody's hands`);
        }
        const events = await stores[1].events(root.id, 0);
        t.same(
          events.map(({ seq }) => seq),
          events.map((_, index) => index + 1),
          `seed ${seed}: gapless`,
        );
      }
    },
  );
}

/** One of those who do whatever can be done to a tree, until it has ended or all have had enough. */
async function work(store: RecoverableStore, root: TaskRecord, random: () => number): Promise<void> {
  for (let turn = 0; turn < 25; turn++) {
    const top = (await store.find(root.id, undefined)) as TaskRecord;
    if (isTerminal(top.state)) return;
    if (random() < 0.01) await store.cancel(root.id, 'ada', undefined, Date.now());
    const runs = [top, ...(await store.descendants(root.id))].filter(({ state }) => !isTerminal(state));
    const run = runs[Math.floor(random() * runs.length)] as TaskRecord;
    if (run.expiresAt !== undefined && random() < 0.3) await store.expire(run.id, 'too late', Date.now());
    if (run.child === undefined && run.state === 'TASK_STATE_INPUT_REQUIRED') {
      await store.accept(sampleAccept({ taskId: run.id, contextId: run.contextId }));
    }
    const taken = await store.take(run.id, Date.now(), 'w');
    if (taken.type === 'taken') await step(store, taken.task, random);
  }
}

async function step(store: RecoverableStore, task: TaskRecord, random: () => number): Promise<void> {
  const depth = task.child === undefined ? 0 : task.child.parentId === task.child.rootId ? 1 : 2;
  const waiting =
    (task.children ?? 0) === 0 ? [] : (await store.children(task.id)).filter((child) => child.task.state === 'TASK_STATE_INPUT_REQUIRED');
  const says = waiting.filter(() => random() < 0.5).map((child) => ({ taskId: child.task.id, message: sampleMessage('go on') }));
  const count = depth === 2 || random() < 0.3 ? 0 : 1 + Math.floor(random() * 3);
  const starts = Array.from({ length: count }, (_, index) =>
    start(`${task.step}/${index}`, { taskId: `${random() < 0.5 ? '!' : '~'}${randomUUID()}`, inheritsHistory: random() < 0.5 }),
  );
  const sample = sampleCommit(task, stateAfter(random), {
    sessionState: { 'temp:n': task.step, 'app:n': task.step, [`k${task.step}`]: 1 },
  });
  const events = [sampleArtifact(task.id), ...sample.events];
  if (starts.length + says.length > 0 && random() < 0.6) {
    await store.commit(
      withTree(task, { ...sampleCommit(task, 'TASK_STATE_WORKING'), branch: { starts, says }, events: [sampleArtifact(task.id)] }),
    );
    return;
  }
  // A third of them without what spares the second try.
  await store.commit(random() < 0.7 ? withTree(task, { ...sample, events }) : { ...sample, events });
}

function stateAfter(random: () => number) {
  const drawn = random();
  if (drawn < 0.3) return 'TASK_STATE_WORKING';
  if (drawn < 0.5) return 'TASK_STATE_INPUT_REQUIRED';
  return drawn < 0.9 ? 'TASK_STATE_COMPLETED' : 'TASK_STATE_FAILED';
}

async function rootWith(store: RecoverableStore): Promise<TaskRecord> {
  return await takeNow(store, (await acceptNew(store)).id);
}
