/** A message to a session whose runs have not ended: what every task store does with them. */
import type { Test } from 'tap';
import { isRunnable, isTerminal } from '../../src/protocol/task-state.js';
import type { AcceptOutcome, DoubleTexting, TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import { acceptNew, sampleAccept, sampleCommit, sampleMessage, takeNow } from '../support/run-log-samples.js';
import type { OpenStores } from './task-store.js';

const KEY = { agent: 'helper', owner: 'ada', contextId: 'c1' };

export async function doubleTextingSuite(t: Test, open: OpenStores): Promise<void> {
  const send = (store: TaskStore, text: string, doubleTexting: DoubleTexting, rest: object = {}) =>
    store.accept(sampleAccept({ contextId: 'c1', text, doubleTexting, ...rest }));

  await t.test('reject: a run that has not ended refuses the message, whose id may be used again', async (t) => {
    const [store, other] = await open(t);
    const first = await acceptNew(store, { contextId: 'c1' });
    t.match(await send(other, 'now', 'reject', { messageId: 'm2' }), { type: 'active', task: { id: first.id } });
    const working = await takeNow(store, first.id);
    t.match(await send(other, 'now', 'reject', { messageId: 'm2' }), { type: 'active', task: { id: first.id } });
    t.match(await store.accept(sampleAccept({ contextId: 'c2', doubleTexting: 'reject' })), { type: 'accepted' }, 'another context');
    await store.commit(sampleCommit(working));
    t.match(await send(other, 'now', 'reject', { messageId: 'm2' }), { type: 'accepted' });
    t.equal((await store.sessionMessages(KEY)).length, 2, 'what was refused is nowhere');
  });

  await t.test('a run that waits for input is in nobody’s way and goes on when it is answered', async (t) => {
    const [store] = await open(t);
    for (const policy of ['reject', 'interrupt', 'rollback'] as const) {
      const contextId = `waits ${policy}`;
      const asking = await takeNow(store, (await acceptNew(store, { contextId })).id);
      await store.commit(sampleCommit(asking, 'TASK_STATE_INPUT_REQUIRED', { messages: [sampleMessage('which?')] }));
      const outcome = await store.accept(sampleAccept({ contextId, doubleTexting: policy }));
      t.equal(outcome.type, 'accepted');
      t.notOk('interrupted' in outcome && outcome.interrupted, 'nobody gave way');
      const answer = await store.accept(sampleAccept({ contextId, taskId: asking.id, doubleTexting: policy }));
      t.match(answer, { type: 'accepted', task: { id: asking.id, state: 'TASK_STATE_WORKING' } }, 'an answer interrupts nobody either');
      t.equal((await store.sessionMessages({ ...KEY, contextId })).length, 4);
    }
  });

  await t.test('interrupt: the running and the queued run are canceled under raised epochs, what they committed stays (R6)', async (t) => {
    const [store, other] = await open(t);
    const first = await acceptNew(store, { contextId: 'c1', text: 'q1' });
    const second = await acceptNew(store, { contextId: 'c1', text: 'q2' });
    const elsewhere = await takeNow(store, (await acceptNew(store, { contextId: 'c2' })).id);
    const working = await takeNow(store, first.id);
    const step = await store.commit(sampleCommit(working, 'TASK_STATE_WORKING', { messages: [sampleMessage('half')] }));
    if (step.type !== 'committed') throw new Error(step.type);
    const at = Date.now() + 5;
    const outcome = await send(other, 'q3', 'interrupt', { messageId: 'm3', at });
    t.match(outcome, { type: 'accepted', task: { state: 'TASK_STATE_SUBMITTED', epoch: 0 } });
    const status = { state: 'TASK_STATE_CANCELED', timestamp: new Date(at).toISOString() };
    t.match(interruptedBy(outcome), [
      { task: { id: first.id, epoch: 2, seq: 3, updatedAt: at }, events: [{ type: 'status.changed', seq: 3, epoch: 2, status }] },
      { task: { id: second.id, epoch: 1, seq: 2, updatedAt: at }, events: [{ type: 'status.changed', seq: 2, epoch: 1, status }] },
    ]);
    for (const { task, events } of interruptedBy(outcome)) {
      t.same(await store.find(task.id, 'ada'), task);
      t.same((await store.events(task.id, 0)).at(-1), events[0]);
      const [event] = events;
      const message = event?.type === 'status.changed' ? event.status.message : undefined;
      t.match(message, { role: 'ROLE_AGENT', taskId: task.id, contextId: 'c1', messageId: /./ });
      t.match(message?.parts[0]?.text, /'m3'.*agents\.helper\.double_texting: interrupt/, 'it says which message replaced it');
    }
    t.match(await store.commit(sampleCommit(step.task)), { type: 'lost' });
    t.match(await store.take(second.id, at), { type: 'not-runnable' });
    t.match(await store.take(elsewhere.id, at), { type: 'taken' }, 'another session goes its own way');
    const mine = await takeNow(store, 'task' in outcome ? outcome.task.id : '');
    t.same(await texts(store, mine), ['q1', 'half', 'q2', 'q3']);
  });

  await t.test('rollback: what the canceled runs said leaves the session, their own logs stay readable', async (t) => {
    const [store, other] = await open(t);
    const before = await takeNow(store, (await acceptNew(store, { contextId: 'c1', text: 'q1' })).id);
    await store.commit(sampleCommit(before, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a1')] }));
    const first = await acceptNew(store, { contextId: 'c1', text: 'q2' });
    const asked = await store.commit(
      sampleCommit(await takeNow(store, first.id), 'TASK_STATE_INPUT_REQUIRED', { messages: [sampleMessage('which?')] }),
    );
    t.equal(asked.type, 'committed');
    await store.accept(sampleAccept({ contextId: 'c1', taskId: first.id, text: 'that one' }));
    const second = await acceptNew(store, { contextId: 'c1', text: 'q3' });
    const outcome = await send(other, 'q4', 'rollback');
    t.same(
      interruptedBy(outcome).map(({ task }) => [task.id, task.state]),
      [
        [first.id, 'TASK_STATE_CANCELED'],
        [second.id, 'TASK_STATE_CANCELED'],
      ],
    );
    const mine = await takeNow(store, 'task' in outcome ? outcome.task.id : '');
    t.same(await texts(other, mine), ['q1', 'a1', 'q4'], 'as if they had never been');
    const newest = await store.sessionMessages(KEY, { limit: 2 });
    t.match(
      newest.map(({ parts }) => parts[0]),
      [{ text: 'a1' }, { text: 'q4' }],
      'a limit counts what is left',
    );
    t.match(await store.events(first.id, 0), [{ type: 'task.created', message: { parts: [{ text: 'q2' }] } }]);
    await store.commit(sampleCommit(mine, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a4')] }));
    t.same(await texts(store, mine), ['q1', 'a1', 'q4', 'a4']);
  });

  await t.test('a message sent again is answered with its task before anything is interrupted (R11)', async (t) => {
    const [store, other] = await open(t);
    for (const policy of ['reject', 'interrupt', 'rollback'] as const) {
      const contextId = `again ${policy}`;
      const input = sampleAccept({ contextId, messageId: 'm1', doubleTexting: policy });
      const task = await store.accept(input);
      if (task.type !== 'accepted') throw new Error(task.type);
      const working = await takeNow(store, task.task.id);
      for (const again of [input, sampleAccept({ contextId, messageId: 'm1', doubleTexting: policy })]) {
        t.match(await other.accept(again), { type: 'duplicate', task: { id: working.id, state: 'TASK_STATE_WORKING' } });
      }
      t.match(await store.commit(sampleCommit(working)), { type: 'committed' }, 'it was left in peace');
      const both = await Promise.all(
        [store, other].map((one) => one.accept(sampleAccept({ contextId, messageId: 'm2', doubleTexting: policy }))),
      );
      t.same(both.map(({ type }) => type).sort(), ['accepted', 'duplicate'], 'also when both arrive together');
      t.same(both.flatMap(interruptedBy), []);
    }
  });

  await t.test('50 messages at once with interrupt: one run survives, every other is canceled, no log has a gap (R4, R6)', async (t) => {
    for (const policy of ['interrupt', 'rollback'] as const) {
      const stores = await open(t);
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) => send(stores[index % 2 === 0 ? 0 : 1], `q${index}`, policy)),
      );
      t.ok(outcomes.every(({ type }) => type === 'accepted'));
      const tasks = await Promise.all(
        outcomes.map(async (outcome) => await stores[0].find('task' in outcome ? outcome.task.id : '', undefined)),
      );
      const alive = tasks.filter((task) => task !== undefined && isRunnable(task.state));
      t.equal(alive.length, 1, 'exactly one survives');
      t.equal(tasks.filter((task) => task?.state === 'TASK_STATE_CANCELED').length, 49);
      const told = outcomes.flatMap(interruptedBy).map(({ task }) => task.id);
      t.equal(told.length, 49, 'each that gave way was told of once');
      t.equal(new Set(told).size, 49);
      for (const task of tasks) await checkGapless(t, stores[1], task as TaskRecord);
      t.equal((await texts(stores[0], alive[0] as TaskRecord)).length, policy === 'interrupt' ? 50 : 1);
      t.match(await stores[0].take(alive[0]?.id ?? '', Date.now()), { type: 'taken' });
    }
  });

  await t.test('two interrupts of one context at the same time leave one run, whoever comes first (R6)', async (t) => {
    const [store, other] = await open(t);
    for (let round = 0; round < 20; round++) {
      const contextId = `race ${round}`;
      const running = await takeNow(store, (await acceptNew(store, { contextId })).id);
      const pair = await Promise.all([store, other].map((one) => one.accept(sampleAccept({ contextId, doubleTexting: 'interrupt' }))));
      const ids = pair.map((outcome) => ('task' in outcome ? outcome.task.id : ''));
      const states = (await Promise.all(ids.map((id) => store.find(id, undefined)))).map((task) => task?.state);
      t.same(states.sort(), ['TASK_STATE_CANCELED', 'TASK_STATE_SUBMITTED']);
      t.equal(pair.flatMap(interruptedBy).filter(({ task }) => task.id === running.id).length, 1);
    }
  });

  await t.test('interrupt against the commit that ends the run, and against cancel: one of them ends it (R5, R6)', async (t) => {
    const [store, other] = await open(t);
    const rivals = {
      commit: (task: TaskRecord) => other.commit(sampleCommit(task, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('done')] })),
      cancel: (task: TaskRecord) => other.cancel(task.id, 'ada', undefined, Date.now()),
    };
    for (const [name, end] of Object.entries(rivals)) {
      for (let round = 0; round < 15; round++) {
        const contextId = `${name} ${round}`;
        const running = await takeNow(store, (await acceptNew(store, { contextId })).id);
        const interrupting = () => store.accept(sampleAccept({ contextId, doubleTexting: 'interrupt' }));
        const [ended, accepted] =
          round % 2 === 0
            ? await Promise.all([end(running), interrupting()])
            : ((await Promise.all([interrupting(), end(running)])).reverse() as [Awaited<ReturnType<typeof end>>, AcceptOutcome]);
        t.equal(accepted.type, 'accepted');
        const won = ended.type === 'committed' || ended.type === 'canceled';
        t.equal(interruptedBy(accepted).length, won ? 0 : 1, `${contextId}: ${ended.type}`);
        const task = (await store.find(running.id, undefined)) as TaskRecord;
        t.equal(task.state, name === 'commit' && won ? 'TASK_STATE_COMPLETED' : 'TASK_STATE_CANCELED');
        t.ok(isTerminal(task.state));
        t.equal(task.seq, 3, 'ended once');
        await checkGapless(t, other, task);
      }
    }
  });
}

function interruptedBy(outcome: AcceptOutcome): NonNullable<Extract<AcceptOutcome, { type: 'accepted' }>['interrupted']> {
  return outcome.type === 'accepted' ? (outcome.interrupted ?? []) : [];
}

/** What the run reads of its session. */
async function texts(store: TaskStore, task: TaskRecord): Promise<readonly string[]> {
  const messages = await store.sessionMessages(task, { upToTurn: task.turn });
  return messages.map(({ parts: [part] }) => (part?.type === 'text' ? part.text : ''));
}

async function checkGapless(t: Test, store: TaskStore, task: TaskRecord): Promise<void> {
  const seqs = (await store.events(task.id, 0)).map(({ seq }) => seq);
  t.same(
    seqs,
    Array.from({ length: task.seq }, (_, index) => index + 1),
  );
}
