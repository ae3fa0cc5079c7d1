/** The ledger of tool calls (R7): what every store of it keeps. */
import type { Test } from 'tap';
import type { TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import type { ToolCallStore } from '../../src/tasks/tool-call.js';
import { acceptNew, sampleCommit, takeNow } from '../support/run-log-samples.js';
import { sampleToolCall } from '../support/sample-tool-call.js';

/** Two stores over one database, as two processes have them; or one twice. */
export type OpenLedgers = (t: Test) => Promise<readonly [TaskStore & ToolCallStore, TaskStore & ToolCallStore]>;

export async function toolCallSuite(t: Test, open: OpenLedgers): Promise<void> {
  await t.test('what is recorded in the middle of a step is read as it was, and the step stays open (R7)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeNow(store, (await acceptNew(store)).id);
    const at = Date.now() + 7;
    const calls = [
      sampleToolCall({ callId: 'b \u0000 \ud800 😀', effect: 'once' }),
      sampleToolCall({ callId: 'a', effect: 'idempotent', status: 'awaiting', idempotencyKey: 'k'.repeat(300) }),
    ];
    t.equal(await store.record(record(task, calls, at)), 'recorded');
    const row = { taskId: task.id, step: 1, epoch: 1, createdAt: at, updatedAt: at };
    t.same(
      await other.toolCalls(task.id),
      calls.map((call) => ({ ...call, ...row })),
      'oldest first',
    );
    t.same(await other.find(task.id, undefined), { ...task, updatedAt: at }, 'the task counts as touched, nothing else');
    t.equal((await other.events(task.id, 0)).length, 2, 'no event tells of it');
    t.match(await other.commit(sampleCommit(task)), { type: 'committed' });
  });

  await t.test('a call that is written again keeps its place and its beginning; all else is as written last', async (t) => {
    const [store, other] = await open(t);
    const task = await takeNow(store, (await acceptNew(store)).id);
    const [first, second] = [sampleToolCall({ callId: 'first', status: 'awaiting' }), sampleToolCall({ callId: 'second' })];
    await store.record(record(task, [first, second], 1_000));
    const approved = { ...first, status: 'approved', decision: { messageId: 'm1', at: 1_500 } } as const;
    await other.record(record(task, [approved], 2_000));
    const done = { ...second, status: 'done', result: { content: 'häß\u0000 ✓', isError: false, data: { sum: [1, null] } } } as const;
    const denied = sampleToolCall({ callId: 'third', status: 'denied', result: { content: 'TOOL_EXECUTION_DENIED', isError: true } });
    await store.commit(sampleCommit(task, 'TASK_STATE_WORKING', { toolCalls: [denied, done], at: 3_000 }));
    const row = { taskId: task.id, step: 1, epoch: 1 };
    const expected = [
      { ...approved, ...row, createdAt: 1_000, updatedAt: 2_000 },
      { ...done, ...row, createdAt: 1_000, updatedAt: 3_000 },
      { ...denied, ...row, createdAt: 3_000, updatedAt: 3_000 },
    ];
    t.same(await store.toolCalls(task.id), expected);
    t.same(await store.toolCalls(task.id, { callIds: ['third', 'first', 'unknown', 'first'] }), [expected[0], expected[2]]);
    t.same(await store.toolCalls(task.id, { callIds: [] }), []);
    t.same(await store.toolCalls(task.id, { openIn: 1 }), [expected[0], expected[2]], 'what this step denied it has still to see to');
    t.same(await store.toolCalls(task.id, { openIn: 2 }), [expected[0]]);
    t.same(await store.toolCalls(task.id, { openIn: 1, newest: 1 }), [expected[2]]);
    t.same(await store.toolCalls(task.id, { newest: 2 }), [expected[1], expected[2]], 'the newest, oldest first');
    t.equal(await store.countToolCalls(task.id), 3);
    t.equal(await store.countToolCalls('unknown'), 0);
    t.same(await store.toolCalls('unknown'), []);
    await store.record({ ...record(task, [first], 4_000), step: 2 });
    t.same((await store.toolCalls(task.id))[0], { ...first, ...row, step: 2, createdAt: 1_000, updatedAt: 4_000 });
  });

  await t.test('writes of one call that arrive together leave one row, as last written', async (t) => {
    const [store] = await open(t);
    const task = await takeNow(store, (await acceptNew(store)).id);
    const other = await takeNow(store, (await acceptNew(store)).id);
    const call = sampleToolCall({ callId: 'same' });
    const outcomes = await Promise.all([
      store.record(record(task, [call], 1)),
      store.record(record(other, [call, sampleToolCall({ callId: 'more' })], 2)),
      store.record(record(task, [{ ...call, status: 'unknown' }, sampleToolCall({ callId: 'next' })], 3)),
      store.record(record(task, [{ ...call, status: 'done', result: { content: 'x', isError: false } }], 4)),
    ]);
    t.same(new Set(outcomes), new Set(['recorded']));
    const rows = await store.toolCalls(task.id);
    t.match(rows, [
      { callId: 'same', status: 'done', createdAt: 1, updatedAt: 4 },
      { callId: 'next', createdAt: 3 },
    ]);
    t.match(await store.toolCalls(other.id), [{ callId: 'same', status: 'intended' }, { callId: 'more' }]);
  });

  await t.test('a record under an older epoch, of another step, or of a run that is not at work writes nothing (R3)', async (t) => {
    const [store, other] = await open(t);
    const before = await takeNow(store, (await acceptNew(store)).id);
    const task = await takeNow(other, before.id);
    const call = [sampleToolCall()];
    const lost = async (from: TaskRecord, name: string) => {
      const found = await store.find(from.id, undefined);
      t.equal(await store.record(record(from, call)), 'lost', name);
      t.same(await store.find(from.id, undefined), found, name);
      t.same(await store.toolCalls(from.id), [], name);
    };
    await lost(before, 'older epoch');
    await lost({ ...task, step: 2 }, 'another step');
    await lost({ ...task, step: 0 }, 'an earlier step');
    await lost({ ...task, id: 'unknown' }, 'unknown task');
    const paused = await store.commit(sampleCommit(task, 'TASK_STATE_INPUT_REQUIRED'));
    if (paused.type === 'committed') await lost(paused.task, 'it waits');
    const canceled = await store.cancel(task.id, 'ada', undefined, Date.now());
    if (canceled.type === 'canceled') await lost(canceled.task, 'it ended');
  });

  await t.test('what came of a call reaches the ledger after its run has ended, from the epoch that began it and once (R7)', async (t) => {
    const [store, other] = await open(t);
    const done = (callId: string, content = 'paid') => sampleToolCall({ callId, status: 'done', result: { content, isError: false } });
    const begin = async () => {
      const task = await takeNow(store, (await acceptNew(store)).id);
      await store.record(record(task, [sampleToolCall({ callId: 'a' }), sampleToolCall({ callId: 'b' })], 1_000));
      return task;
    };
    const task = await begin();
    await other.cancel(task.id, 'ada', undefined, 2_000);
    const ended = await other.find(task.id, undefined);
    t.equal(await store.record(record(task, [sampleToolCall({ callId: 'c' })])), 'lost', 'nothing is begun any more');
    t.equal(await store.record(record(task, [done('a'), sampleToolCall({ callId: 'c' })])), 'lost', 'nor beside a result');
    t.equal(await store.record(record(task, [done('c')])), 'lost', 'a call that was not begun');
    t.equal(await store.record({ ...record(task, [done('a')]), epoch: task.epoch + 1 }), 'lost', 'somebody else');
    t.equal(await store.record({ ...record(task, [done('a')]), step: 2 }), 'lost', 'another step');
    t.equal(await store.record(record(task, [sampleToolCall({ callId: 'a', status: 'unknown' })])), 'lost', 'no result');
    t.equal(await store.record(record(task, [done('a'), done('c')], 3_000)), 'recorded');
    t.equal(await store.record(record(task, [done('a', 'again')], 4_000)), 'lost', 'the first result stands');
    t.match(await other.toolCalls(task.id), [
      { callId: 'a', status: 'done', result: { content: 'paid' }, step: 1, epoch: 1, createdAt: 1_000, updatedAt: 3_000 },
      { callId: 'b', status: 'intended', updatedAt: 1_000 },
    ]);
    t.equal((await other.toolCalls(task.id)).length, 2);
    t.same(await other.find(task.id, undefined), ended, 'the run is as it ended');
    t.equal((await other.events(task.id, 0)).length, 3, 'no event tells of it');

    const [first, second] = [await begin(), await begin()];
    await takeNow(other, first.id);
    t.equal(await store.record(record(first, [done('a')])), 'lost', 'another worker has the run');
    const next = await takeNow(other, second.id);
    await other.record(record(next, [sampleToolCall({ callId: 'a', status: 'unknown' }), sampleToolCall({ callId: 'b' })]));
    await other.cancel(second.id, 'ada', undefined, 2_000);
    t.equal(await store.record(record(second, [done('a')])), 'lost', 'another worker had it, and wrote the row');
    t.equal(await store.record(record(second, [done('b')])), 'lost', 'or began it anew');
    t.equal(await store.record(record(next, [done('b')])), 'recorded');

    const together = await begin();
    await store.cancel(together.id, 'ada', undefined, 2_000);
    const outcomes = await Promise.all([1, 2, 3].map(() => store.record(record(together, [done('b')]))));
    t.same(outcomes.sort(), ['lost', 'lost', 'recorded'], 'of results that arrive together one');
  });

  await t.test('the calls of a session are found whichever of its runs made them, with the state of that run (R7)', async (t) => {
    const [store, other] = await open(t);
    const begin = async (contextId: string, callId: string, at: number) => {
      const task = await takeNow(store, (await acceptNew(store, { contextId })).id);
      await store.record(record(task, [sampleToolCall({ callId })], at));
      return task;
    };
    const ended = await begin('c1', 'b \u0000 \ud800 😀', 1);
    await store.cancel(ended.id, 'ada', undefined, 2);
    const waiting = await begin('c1', 'a', 3);
    await store.commit(sampleCommit(waiting, 'TASK_STATE_INPUT_REQUIRED'));
    await begin('c2', 'other', 4);
    const atWork = await begin('c1', 'c', 5);
    const found = await other.sessionToolCalls(atWork.id, ['c', 'a', 'a', 'b \u0000 \ud800 😀', 'other', 'unknown']);
    t.match(found, [
      { callId: 'b \u0000 \ud800 😀', taskId: ended.id, status: 'intended', taskState: 'TASK_STATE_CANCELED' },
      { callId: 'a', taskId: waiting.id, taskState: 'TASK_STATE_INPUT_REQUIRED' },
      { callId: 'c', taskId: atWork.id, taskState: 'TASK_STATE_WORKING' },
    ]);
    t.equal(found.length, 3);
    t.same(await store.sessionToolCalls(atWork.id, []), []);
    const many = Array.from({ length: 1_200 }, (_, index) => `none ${index}`);
    t.match(await store.sessionToolCalls(atWork.id, [...many, 'a']), [{ callId: 'a' }]);
  });

  await t.test('a commit that is refused writes none of its tool calls (R3)', async (t) => {
    const [store, other] = await open(t);
    const before = await takeNow(store, (await acceptNew(store)).id);
    await takeNow(other, before.id);
    t.match(await store.commit(sampleCommit(before, 'TASK_STATE_WORKING', { toolCalls: [sampleToolCall()] })), { type: 'lost' });
    t.same(await store.toolCalls(before.id), []);
  });

  await t.test('1,000 calls of one run, recorded at the same time, are each kept once, numbered without a tie', async (t) => {
    const [store, other] = await open(t);
    const task = await takeNow(store, (await acceptNew(store)).id);
    await Promise.all(
      Array.from({ length: 100 }, (_, batch) => {
        const calls = Array.from({ length: 10 }, (_, index) => sampleToolCall({ callId: `${batch}.${index}` }));
        return (batch % 2 === 0 ? store : other).record(record(task, calls, 5));
      }),
    );
    const ids = (await store.toolCalls(task.id)).map((call) => call.callId);
    t.equal(new Set(ids).size, 1_000);
    for (let batch = 0; batch < 100; batch++) {
      const start = ids.indexOf(`${batch}.0`);
      t.same(
        ids.slice(start, start + 10),
        Array.from({ length: 10 }, (_, index) => `${batch}.${index}`),
      );
    }
  });
}

function record(task: TaskRecord, toolCalls: readonly ReturnType<typeof sampleToolCall>[], at = Date.now()) {
  return { taskId: task.id, epoch: task.epoch, step: task.step, toolCalls, at };
}
