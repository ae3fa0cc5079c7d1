import t from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { AppError } from '../../../src/base/errors.js';
import { SqlTaskStore } from '../../../src/storage/sql/sql-task-store.js';
import { type AcceptMessageRequest, createAcceptMessage } from '../../../src/tasks/accept-message.js';
import type { TaskEvent } from '../../../src/tasks/task-event.js';
import { sampleCommit } from '../../support/run-log-samples.js';
import { createSqlite } from '../../support/temp-database.js';

function request(messageId: string, text: string, extra: Record<string, unknown> = {}): AcceptMessageRequest {
  const message = { messageId, role: 'ROLE_USER' as const, parts: [{ text }], ...extra };
  return { agent: 'helper', owner: 'ada', tenant: '', configVersion: 'v1', message };
}

async function startDoor(t: Parameters<typeof createSqlite>[0]) {
  const store = new SqlTaskStore(await (await createSqlite(t)).open());
  const jobs: string[] = [];
  let isFull = false;
  const queue = {
    enqueue: async ({ id }: { readonly id: string }) => void jobs.push(id),
    assertCapacity: async () => {
      if (isFull) throw new AppError('OVERLOADED');
    },
  };
  const told: string[] = [];
  const signals = { announce: async (taskId: string) => void told.push(`signal ${taskId}`) };
  const published: TaskEvent[] = [];
  const publisher = { publishEvents: async (events: readonly TaskEvent[]) => void published.push(...events), publishDelta: async () => {} };
  const accept = createAcceptMessage({ store, queue, publisher, signals, clock: systemClock });
  return { accept, store, jobs, published, fill: () => (isFull = true) };
}

t.test('while new messages are refused, one that was accepted before still finds its task (R11)', async (t) => {
  const { accept, jobs, fill } = await startDoor(t);
  const task = await accept(request('m1', 'hello'));
  fill();
  await t.rejects(accept(request('m2', 'more')), { code: 'OVERLOADED' });
  t.equal((await accept(request('m1', 'hello'))).id, task.id);
  t.same(jobs, [task.id, task.id]);
});

t.test('a repeated message finds its task whether or not it names the context that its first try opened (M1, R11)', async (t) => {
  const { accept } = await startDoor(t);
  const task = await accept(request('m1', 'hello'));
  t.equal((await accept(request('m1', 'hello'))).id, task.id);
  t.equal((await accept(request('m1', 'hello', { contextId: task.contextId }))).id, task.id);
  t.not((await accept(request('m1', 'hello', { contextId: 'another' }))).id, task.id);
  await t.rejects(accept(request('m1', 'something else')), { code: 'PARAMS_INVALID', problems: [{ field: 'message.messageId' }] });
});

t.test('a message that names a task and another context is refused (M5), one to an unknown task is not found (S6)', async (t) => {
  const { accept } = await startDoor(t);
  const { id } = await accept(request('m1', 'hello'));
  await t.rejects(accept(request('m2', 'x', { taskId: id, contextId: 'elsewhere' })), { code: 'PARAMS_INVALID' });
  await t.rejects(accept(request('m3', 'x', { taskId: 'unknown' })), { code: 'TASK_NOT_FOUND' });
  await t.rejects(accept(request('m4', 'x', { taskId: id })), { code: 'OPERATION_UNSUPPORTED' }, 'the task is not waiting for input');
});

t.test(
  'an answer after the wait is over is refused as to an ended task, runs nothing, and whoever follows hears of the end (CHK-11)',
  async (t) => {
    const { accept, store, jobs, published } = await startDoor(t);
    const { id } = await accept(request('m1', 'pay'));
    const taken = await store.take(id, Date.now(), 'w1');
    if (taken.type !== 'taken') throw new Error(taken.type);
    await store.commit(sampleCommit(taken.task, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: Date.now() - 1 }));
    const answer = () => accept(request('m2', 'approve', { taskId: id }));
    await t.rejects(answer(), { code: 'OPERATION_UNSUPPORTED', message: /has ended \(TASK_STATE_FAILED\)/ });
    t.match(published, [{ taskId: id, type: 'status.changed', status: { state: 'TASK_STATE_FAILED' } }]);
    await t.rejects(answer(), { code: 'OPERATION_UNSUPPORTED', message: /has ended \(TASK_STATE_FAILED\)/ });
    t.same([jobs, published.length], [[id], 1]);
  },
);
