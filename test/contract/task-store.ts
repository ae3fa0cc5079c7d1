/** What every task store keeps (ARCHITECTURE §5). Each exported suite gets stores that share one empty database. */
import type { Test } from 'tap';
import type { TaskStore } from '../../src/tasks/task-store.js';
import { acceptNew, sampleAccept, sampleArtifact, sampleCommit, sampleMessage, sampleStatus, takeNow } from '../support/run-log-samples.js';

/** Two stores over one database, as two processes have them. */
export type OpenStores = (t: Test) => Promise<readonly [TaskStore, TaskStore]>;

export async function acceptSuite(t: Test, open: OpenStores): Promise<void> {
  await t.test('an accepted message is a SUBMITTED task with its first event and its session message (R1)', async (t) => {
    const [store, other] = await open(t);
    const input = sampleAccept({ metadata: { purpose: 'test' }, configVersion: 'abc', traceparent: '00-1-2-01', tenant: 'acme' });
    const outcome = await store.accept(input);
    if (outcome.type !== 'accepted') throw new Error(outcome.type);
    t.match(outcome.task, { ...input.key, id: input.newTaskId, tenant: 'acme', state: 'TASK_STATE_SUBMITTED', epoch: 0, step: 1, seq: 1 });
    t.match(outcome.task, { configVersion: 'abc', traceparent: '00-1-2-01', control: {}, createdAt: input.at, updatedAt: input.at });
    t.same(outcome.events, [
      {
        type: 'task.created',
        message: input.message,
        metadata: { purpose: 'test' },
        taskId: input.newTaskId,
        contextId: input.key.contextId,
        seq: 1,
        epoch: 0,
        at: input.at,
      },
    ]);
    t.same(await other.find(input.newTaskId, 'ada'), outcome.task);
    t.match(await other.findHead(input.newTaskId, 'ada'), { agent: 'helper', tenant: outcome.task.tenant, seq: outcome.task.seq });
    t.match(await other.findHead(input.newTaskId, undefined), { seq: outcome.task.seq });
    t.equal(await other.findHead(input.newTaskId, 'eve'), undefined, 'of nobody else');
    for (const unknown of ['unknown', '', 'ü']) t.equal(await other.findHead(unknown, 'ada'), undefined);
    t.same(await other.events(input.newTaskId, 0), outcome.events);
    t.same(await other.sessionMessages(outcome.task), [input.sessionMessage]);
  });

  await t.test('a repeated message gives the task it made before (R11)', async (t) => {
    const [store, other] = await open(t);
    const first = sampleAccept({ messageId: 'm1', contextId: 'c1' });
    await store.accept(first);
    const again = await other.accept(sampleAccept({ messageId: 'm1', contextId: 'c1' }));
    t.match(again, { type: 'duplicate', task: { id: first.newTaskId, seq: 1 } });
    t.equal((await store.sessionMessages(first.key)).length, 1);
  });

  await t.test('another message under the same id is refused, and the first one is as it was (R11)', async (t) => {
    const [store, other] = await open(t);
    const first = sampleAccept({ messageId: 'm1', contextId: 'c1', text: 'one' });
    await store.accept(first);
    const second = sampleAccept({ messageId: 'm1', contextId: 'c1', text: 'two' });
    t.match(await other.accept(second), { type: 'conflict', task: { id: first.newTaskId, seq: 1 } });
    t.equal(await store.find(second.newTaskId, undefined), undefined);
    t.match(await store.accept(first), { type: 'duplicate', task: { id: first.newTaskId } });
    const both = await Promise.all(['three', 'four'].map((text) => store.accept(sampleAccept({ messageId: 'm2', contextId: 'c1', text }))));
    t.same(both.map(({ type }) => type).sort(), ['accepted', 'conflict'], 'also when they arrive together');
    t.equal((await store.sessionMessages(first.key)).length, 2);
  });

  await t.test('concurrent accepts of one message give one task (R11)', async (t) => {
    const [store, other] = await open(t);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 === 0 ? store : other).accept(sampleAccept({ messageId: 'm1', contextId: 'c1' })),
      ),
    );
    t.equal(outcomes.filter((outcome) => outcome.type === 'accepted').length, 1);
    t.equal(outcomes.filter((outcome) => outcome.type === 'duplicate').length, 49);
    t.equal(new Set(outcomes.map((outcome) => 'task' in outcome && outcome.task.id)).size, 1);
    t.equal((await store.sessionMessages({ agent: 'helper', owner: 'ada', contextId: 'c1' })).length, 1);
  });

  await t.test('ids that differ by case, a trailing space or an accent are different (R11)', async (t) => {
    const [store] = await open(t);
    const contexts = ['c', 'C', 'c ', 'ç', 'c\u0327', ' c', 'c'.repeat(300), `${'c'.repeat(300)}d`];
    const tasks = await Promise.all(contexts.map((contextId) => acceptNew(store, { messageId: 'm', contextId })));
    t.same(
      tasks.map((task) => task.contextId),
      contexts,
    );
    for (const contextId of contexts) t.equal((await store.sessionMessages({ agent: 'helper', owner: 'ada', contextId })).length, 1);
    t.equal(await store.find(tasks[0]?.id.toUpperCase() ?? '', undefined), undefined);
    t.equal(await store.find(`${tasks[0]?.id} `, undefined), undefined);
    t.equal(await store.find('no\0such', undefined), undefined);
  });

  await t.test('a message to an interrupted task lets it run on (M7)', async (t) => {
    const [store, other] = await open(t);
    const task = await acceptNew(store, { contextId: 'c1' });
    const working = await takeNow(store, task.id);
    await store.commit(sampleCommit(working, 'TASK_STATE_INPUT_REQUIRED', { control: { asked: true } }));
    const input = sampleAccept({ contextId: 'c1', taskId: task.id, text: 'yes' });
    const outcome = await other.accept(input);
    t.match(outcome, {
      type: 'accepted',
      task: { id: task.id, state: 'TASK_STATE_WORKING', epoch: 1, step: 2, seq: 5, control: { asked: true } },
    });
    t.match(await store.events(task.id, 3), [
      { seq: 4, type: 'message.added', message: input.message },
      { seq: 5, type: 'status.changed', status: { state: 'TASK_STATE_WORKING', timestamp: new Date(input.at).toISOString() } },
    ]);
    t.equal((await store.sessionMessages(input.key)).length, 2);
    t.match(await store.accept(input), { type: 'duplicate', task: { id: task.id } });
    t.match(await store.take(task.id, Date.now()), { type: 'taken', task: { epoch: 2 }, events: [] });
  });

  await t.test('a message to a task that does not wait, has ended, or belongs to somebody else changes nothing', async (t) => {
    const [store] = await open(t);
    const task = await acceptNew(store, { contextId: 'c1' });
    const to = (rest: object) => store.accept(sampleAccept({ contextId: 'c1', taskId: task.id, ...rest }));
    t.match(await to({}), { type: 'busy', task: { id: task.id } });
    const working = await takeNow(store, task.id);
    t.match(await to({}), { type: 'busy' });
    await store.commit(sampleCommit(working, 'TASK_STATE_INPUT_REQUIRED'));
    t.same(await to({ key: { agent: 'helper', owner: 'eve', contextId: 'c1' } }), { type: 'not-found' });
    t.same(await to({ key: { agent: 'other', owner: 'ada', contextId: 'c1' } }), { type: 'not-found' });
    t.same(await to({ key: { agent: 'helper', owner: 'ada', contextId: 'c2' } }), { type: 'not-found' });
    t.same(await to({ taskId: 'unknown' }), { type: 'not-found' });
    await store.cancel(task.id, 'ada', undefined, Date.now());
    t.match(await to({ messageId: 'late' }), { type: 'terminal', task: { state: 'TASK_STATE_CANCELED' } });
    t.match(await to({ messageId: 'late' }), { type: 'terminal' }, 'a refused message is not remembered');
    t.equal((await store.sessionMessages({ agent: 'helper', owner: 'ada', contextId: 'c1' })).length, 1);
    t.equal((await store.events(task.id, 0)).length, 4);
  });

  await t.test('text comes back as it was, 1 MB of it too', async (t) => {
    const [store, other] = await open(t);
    const text = `${'häßlich 😀 中文 \\ " \' \u2028 \u0000 \ud800 '.repeat(45_000)}end`;
    t.ok(text.length > 900_000);
    const input = sampleAccept({
      text,
      metadata: { 'ключ 🔑': ['a', null, 1.5, { deep: true }] },
      key: { agent: 'helper', owner: 'Ω 🦊', contextId: '文脈' },
    });
    await store.accept(input);
    t.equal((await other.events(input.newTaskId, 0))[0]?.type, 'task.created');
    t.ok(JSON.stringify((await other.events(input.newTaskId, 0))[0]).includes(JSON.stringify(input.message)));
    t.same(await other.sessionMessages(input.key), [input.sessionMessage]);
    t.match(await other.find(input.newTaskId, 'Ω 🦊'), input.key);
    await t.rejects(store.accept(sampleAccept({ contextId: 'a\0b' })), { code: 'PARAMS_INVALID' });
  });
}

export async function commitSuite(t: Test, open: OpenStores): Promise<void> {
  await t.test('taking raises the epoch, and the first time tells that work began (R3)', async (t) => {
    const [store, other] = await open(t);
    const task = await acceptNew(store);
    const at = Date.now() + 5;
    const first = await store.take(task.id, at);
    t.match(first, { type: 'taken', task: { state: 'TASK_STATE_WORKING', epoch: 1, seq: 2, updatedAt: at } });
    t.match(first.type === 'taken' && first.events, [
      { seq: 2, epoch: 1, type: 'status.changed', status: { state: 'TASK_STATE_WORKING', timestamp: new Date(at).toISOString() } },
    ]);
    t.match(await other.take(task.id, at), { type: 'taken', task: { epoch: 2, seq: 2 }, events: [] });
    t.same(await store.take('unknown', at), { type: 'not-found' });
  });

  await t.test('a message that waits for an earlier run stands behind its answer, and that run does not see it', async (t) => {
    const [store] = await open(t);
    const first = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id);
    const second = await acceptNew(store, { contextId: 'c1', text: 'q2' });
    t.equal((await store.sessionMessages(first, { upToTurn: first.turn })).length, 1);
    await store.commit(sampleCommit(first, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a1')] }));
    const texts = (await store.sessionMessages(second, { upToTurn: second.turn })).map(({ parts }) => parts[0]);
    t.match(texts, [{ text: 'q1' }, { text: 'a1' }, { text: 'q2' }]);
  });

  await t.test('50 concurrent commits of one step: one is committed (R2)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeNow(store, (await acceptNew(store)).id);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 === 0 ? store : other).commit(
          sampleCommit(task, 'TASK_STATE_WORKING', { events: [sampleArtifact(`try ${index}`)], messages: [sampleMessage(`try ${index}`)] }),
        ),
      ),
    );
    t.equal(outcomes.filter((outcome) => outcome.type === 'committed').length, 1);
    t.equal((await store.events(task.id, 2)).length, 1);
    t.equal((await store.sessionMessages(task)).length, 2);
    t.match(await store.find(task.id, undefined), { step: 2, seq: 3 });
  });

  await t.test('a commit under an older epoch changes nothing (R3)', async (t) => {
    const [store, other] = await open(t);
    const before = await takeNow(store, (await acceptNew(store)).id);
    const after = await takeNow(other, before.id);
    const stale = await store.commit(sampleCommit(before, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('stale')] }));
    t.match(stale, { type: 'lost', task: { epoch: 2, state: 'TASK_STATE_WORKING' } });
    t.same(await store.find(before.id, undefined), after);
    t.equal((await store.events(before.id, 0)).length, 2);
    t.equal((await store.sessionMessages(before)).length, 1);
    t.match(await other.commit(sampleCommit(after)), { type: 'committed', task: { state: 'TASK_STATE_COMPLETED' } });
    t.same(await store.commit(sampleCommit({ ...before, id: 'unknown' })), { type: 'lost', task: undefined });
  });

  await t.test('nothing follows a terminal state (R5)', async (t) => {
    const [store] = await open(t);
    for (const state of ['TASK_STATE_COMPLETED', 'TASK_STATE_FAILED', 'TASK_STATE_REJECTED', 'TASK_STATE_CANCELED'] as const) {
      const task = await takeNow(store, (await acceptNew(store)).id);
      const ended = await store.commit(sampleCommit(task, state));
      if (ended.type !== 'committed') throw new Error(ended.type);
      t.match(await store.take(task.id, Date.now()), { type: 'not-runnable' });
      t.match(await store.commit(sampleCommit(ended.task, 'TASK_STATE_WORKING', { events: [sampleStatus('TASK_STATE_WORKING')] })), {
        type: 'lost',
      });
      t.match(await store.cancel(task.id, 'ada', undefined, Date.now()), {
        type: state === 'TASK_STATE_CANCELED' ? 'already-canceled' : 'terminal',
      });
      t.same(await store.find(task.id, undefined), ended.task);
      t.equal((await store.events(task.id, 0)).length, 3);
    }
  });

  await t.test('a commit whose events contradict its state is refused (R5)', async (t) => {
    const [store] = await open(t);
    const task = await takeNow(store, (await acceptNew(store)).id);
    const completed = sampleStatus('TASK_STATE_COMPLETED');
    for (const bad of [
      sampleCommit(task, 'TASK_STATE_COMPLETED', { events: [] }),
      sampleCommit(task, 'TASK_STATE_WORKING', { events: [completed] }),
      sampleCommit(task, 'TASK_STATE_COMPLETED', { events: [completed, sampleArtifact('late')] }),
      sampleCommit(task, 'TASK_STATE_SUBMITTED', { events: [] }),
    ]) {
      await t.rejects(store.commit(bad), { code: 'INTERNAL' });
    }
    t.same(await store.find(task.id, undefined), task);
  });

  await t.test('events are gapless and in one order under concurrent writers (R4)', async (t) => {
    const stores = await open(t);
    const contextId = 'shared';
    const tasks = await Promise.all(Array.from({ length: 6 }, (_, index) => acceptNew(stores[index % 2 === 0 ? 0 : 1], { contextId })));
    let open6 = await runnableFirst(stores[0]);
    for (let run = 0; run < tasks.length; run++) {
      let task = await takeNow(stores[run % 2 === 0 ? 0 : 1], open6 ?? '');
      for (let step = 0; step < 5; step++) {
        const last = step === 4;
        const commit = sampleCommit(task, last ? 'TASK_STATE_COMPLETED' : 'TASK_STATE_WORKING', {
          events: [sampleArtifact(`${step}`), sampleArtifact(`${step}b`), ...(last ? [sampleStatus('TASK_STATE_COMPLETED')] : [])],
          messages: [sampleMessage(`a${step}`), sampleMessage(`b${step}`)],
        });
        const [mine] = await Promise.all([stores[0].commit(commit), stores[1].accept(sampleAccept({ contextId: `other ${run} ${step}` }))]);
        if (mine.type !== 'committed') throw new Error(mine.type);
        task = mine.task;
        if (last) open6 = mine.next?.id;
      }
      const events = await stores[1].events(task.id, 0);
      t.same(
        events.map((event) => event.seq),
        Array.from({ length: 13 }, (_, index) => index + 1),
      );
      t.same(await stores[0].events(task.id, 4, 3), events.slice(4, 7));
    }
    t.equal((await stores[0].sessionMessages({ agent: 'helper', owner: 'ada', contextId })).length, 6 + 6 * 10);
    t.same(await stores[0].sequences([...tasks.map((task) => task.id), 'unknown']), new Map(tasks.map((task) => [task.id, 13])));
  });

  await t.test('of a limited read of a session the newest messages come, oldest first', async (t) => {
    const [store] = await open(t);
    const task = await takeNow(store, (await acceptNew(store)).id);
    await store.commit(sampleCommit(task, 'TASK_STATE_WORKING', { messages: [1, 2, 3].map((n) => sampleMessage(`m${n}`)) }));
    t.match(await store.sessionMessages(task, { limit: 2 }), [{ parts: [{ text: 'm2' }] }, { parts: [{ text: 'm3' }] }]);
    t.equal((await store.sessionMessages(task)).length, 4);
    t.same(await store.sessionMessages({ ...task, owner: 'eve' }), []);
  });
}

async function runnableFirst(store: TaskStore): Promise<string | undefined> {
  return (await store.runnable(Date.now() + 1_000, 10))[0]?.id;
}
