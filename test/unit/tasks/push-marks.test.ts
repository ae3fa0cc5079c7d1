import t from 'tap';
import type { FeedPublisher } from '../../../src/tasks/coordination.js';
import { PushMarks, withPushMarks } from '../../../src/tasks/push-marks.js';
import type { TaskEvent } from '../../../src/tasks/task-event.js';

function event(taskId: string, seq: number, state: 'TASK_STATE_WORKING' | 'TASK_STATE_COMPLETED' = 'TASK_STATE_WORKING'): TaskEvent {
  return { type: 'status.changed', status: { state }, taskId, contextId: 'c', seq, epoch: 1, at: 0 };
}

function start() {
  const queued: string[] = [];
  const marks = new PushMarks({
    async enqueue(key) {
      queued.push(key);
    },
  });
  return { queued, marks };
}

t.test('news of a watched task queue each of its webhooks once, other tasks none', async (t) => {
  const { queued, marks } = start();
  marks.note([event('t1', 1)]);
  t.same(queued, []);
  marks.watch({ taskId: 't1', key: 'a' });
  marks.watch({ taskId: 't1', key: 'b' });
  marks.watch({ taskId: 't1', key: 'a' });
  marks.note([event('t1', 2), event('t1', 3), event('t2', 1)]);
  t.same(queued.sort(), ['a', 'b']);
});

t.test('an ended task is not watched any longer', async (t) => {
  const { queued, marks } = start();
  marks.watch({ taskId: 't1', key: 'a' });
  marks.note([event('t1', 2, 'TASK_STATE_COMPLETED')]);
  t.same(queued, ['a']);
  t.equal(marks.size, 0);
});

t.test('so many tasks are watched and no more: the one heard of longest ago is left to the sweep', async (t) => {
  const { queued, marks } = start();
  for (let n = 0; n < 50_000; n++) marks.watch({ taskId: `t${n}`, key: `k${n}` });
  marks.watch({ taskId: 't0', key: 'k0' });
  marks.watch({ taskId: 'one more', key: 'k' });
  t.equal(marks.size, 50_000);
  marks.note([event('t0', 2), event('t1', 2), event('one more', 2)]);
  t.same(queued.sort(), ['k', 'k0']);
});

t.test('configs that come and go leave no more than a task can have', async (t) => {
  const { queued, marks } = start();
  for (let n = 0; n < 1_000; n++) marks.watch({ taskId: 't1', key: `k${n}` });
  marks.note([event('t1', 2)]);
  t.equal(queued.length, 100);
  t.ok(queued.includes('k999'), 'the newest are kept');
});

t.test('a publisher with marks publishes as before and waits for no queue', async (t) => {
  const marks = new PushMarks({ enqueue: () => new Promise(() => undefined) });
  marks.watch({ taskId: 't1', key: 'a' });
  const published: unknown[] = [];
  const publisher: FeedPublisher = {
    async publishEvents(events) {
      published.push(...events);
    },
    async publishDelta(delta) {
      published.push(delta);
    },
  };
  const marked = withPushMarks(publisher, marks);
  const delta = { taskId: 't1', contextId: 'c', seq: 1, epoch: 1, n: 1, artifactId: 'a', text: 'x' };
  await marked.publishEvents([event('t1', 2)]);
  await marked.publishDelta(delta);
  t.same(published, [event('t1', 2), delta]);
});
