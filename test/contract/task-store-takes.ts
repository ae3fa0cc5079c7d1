/** A step that never finishes, because it kills its process or for another reason: what every task store does about it. */
import type { Test } from 'tap';
import type { TaskStore } from '../../src/tasks/task-store.js';
import { acceptNew, sampleAccept, sampleCommit, takeNow } from '../support/run-log-samples.js';
import type { OpenStores } from './task-store.js';

export async function takesSuite(t: Test, open: OpenStores): Promise<void> {
  await t.test('a step that was started 10 times and never finished ends its run, and the session goes on with the next', async (t) => {
    const [store, other] = await open(t);
    const first = await acceptNew(store, { contextId: 'c1' });
    const second = await acceptNew(store, { contextId: 'c1' });
    await store.commit(sampleCommit(await takeNow(store, first.id), 'TASK_STATE_WORKING'));
    const last = await takeTimes(store, first.id, 10);
    const at = Date.now() + 5;
    const outcome = await other.take(first.id, at);
    t.match(outcome, {
      type: 'given-up',
      task: { state: 'TASK_STATE_FAILED', epoch: 12, step: 2, seq: 3, updatedAt: at },
      next: { id: second.id },
    });
    if (outcome.type !== 'given-up') return;
    t.match(outcome.events, [
      { type: 'status.changed', seq: 3, epoch: 12, status: { state: 'TASK_STATE_FAILED', timestamp: new Date(at).toISOString() } },
    ]);
    const [event] = outcome.events;
    const message = event?.type === 'status.changed' ? event.status.message : undefined;
    t.match(message, { role: 'ROLE_AGENT', taskId: first.id, contextId: 'c1', messageId: /./ });
    t.same(message?.parts, [{ text: 'The run was given up: its step 2 was started 10 times and never finished' }]);
    t.same(await store.find(first.id, 'ada'), outcome.task);
    t.same(await store.events(first.id, 2), outcome.events);
    t.match(await store.commit(sampleCommit(last)), { type: 'lost' }, 'the last one that tried may still be at it (R3)');
    t.match(await store.take(first.id, at), { type: 'not-runnable' });
    t.match(await store.take(second.id, at), { type: 'taken' });
  });

  await t.test('a step that is committed, and a message that lets a run go on, begin the count anew', async (t) => {
    const [store] = await open(t);
    const task = await acceptNew(store, { contextId: 'c1' });
    const atWork = await store.commit(sampleCommit(await takeTimes(store, task.id, 10), 'TASK_STATE_WORKING'));
    t.match(atWork, { type: 'committed' });
    const paused = await store.commit(sampleCommit(await takeTimes(store, task.id, 10), 'TASK_STATE_INPUT_REQUIRED'));
    t.match(paused, { type: 'committed' });
    t.match(await store.accept(sampleAccept({ contextId: 'c1', taskId: task.id })), { type: 'accepted' });
    t.match(await store.commit(sampleCommit(await takeTimes(store, task.id, 10))), { type: 'committed', task: { epoch: 30 } });
  });

  await t.test('of 50 takes at the same time 10 begin the step and one gives the run up (R5)', async (t) => {
    const [store, other] = await open(t);
    const task = await acceptNew(store);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? store : other).take(task.id, Date.now())),
    );
    const count = (type: string) => outcomes.filter((outcome) => outcome.type === type).length;
    t.same([count('taken'), count('given-up'), count('not-runnable')], [10, 1, 39]);
    t.equal((await store.events(task.id, 0)).length, 3);
  });
}

async function takeTimes(store: TaskStore, taskId: string, times: number) {
  for (let time = 1; time < times; time++) await takeNow(store, taskId);
  return await takeNow(store, taskId);
}
