/** Who has a run, and what becomes of runs that nobody has (CHK-07, CHK-08, CHK-11): what every store of it keeps. */
import type { Test } from 'tap';
import type { RecoveryStore, RunInHands } from '../../src/tasks/recovery-store.js';
import type { TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import type { ToolCallStore } from '../../src/tasks/tool-call.js';
import { acceptNew, sampleAccept, sampleCommit, takeNow } from '../support/run-log-samples.js';
import { sampleToolCall } from '../support/sample-tool-call.js';

export type RecoverableStore = TaskStore & ToolCallStore & RecoveryStore;

/** Two stores over one database, as two processes have them; or one twice. */
export type OpenRecoverable = (t: Test) => Promise<readonly [RecoverableStore, RecoverableStore]>;

export async function recoverySuite(t: Test, open: OpenRecoverable): Promise<void> {
  await t.test("a worker's name stands in the run from its take to its end, and the next take tells who had it", async (t) => {
    const [store, other] = await open(t);
    const { id } = await acceptNew(store);
    t.match(await store.take(id, 1, 'w1'), { type: 'taken', from: '', task: { worker: 'w1' } });
    t.match(await other.find(id, undefined), { worker: 'w1' });
    const taken = await other.take(id, 2, 'w2');
    t.match(taken, { type: 'taken', from: 'w1', task: { worker: 'w2' } }, 'w1 died');
    if (taken.type !== 'taken') return;
    const goesOn = await store.commit(sampleCommit(taken.task, 'TASK_STATE_WORKING', { goesOn: true }));
    t.match(goesOn, { type: 'committed', task: { worker: 'w2' } });
    if (goesOn.type !== 'committed') return;
    t.match(await store.commit(sampleCommit(goesOn.task, 'TASK_STATE_WORKING')), { task: { worker: '' } }, 'it is handed over');
    t.match(await store.take(id, 3, 'w3'), { from: '', task: { worker: 'w3' } });
    t.match(await store.take(id, 4), { from: 'w3', task: { worker: '' } });
  });

  await t.test('the runs of one session alone can be asked for, by the whole of its key', async (t) => {
    const [store, other] = await open(t);
    const accept = (agent: string, owner: string, contextId: string) => acceptNew(store, { key: { agent, owner, contextId } });
    const runs = [await accept('helper', 'ada', 'c'), await accept('helper', 'ada', 'c'), await accept('helper', 'ada', 'C')];
    await accept('other', 'ada', 'c');
    await accept('helper', 'eve', 'c');
    const [first, second] = runs.map(({ id }) => id);
    const ids = async (contextId: string) =>
      (await other.openRuns({ session: { agent: 'helper', owner: 'ada', contextId }, limit: 10 })).map(({ id }) => id);
    t.same(new Set(await ids('c')), new Set([first, second]));
    t.same(await ids('unknown'), []);
    await store.cancel(first ?? '', 'ada', undefined, 1);
    t.same(await ids('c'), [second], 'until they end');
  });

  await t.test('a run that ends or waits has no worker', async (t) => {
    const [store] = await open(t);
    for (const state of ['TASK_STATE_COMPLETED', 'TASK_STATE_FAILED', 'TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED'] as const) {
      const task = await takeAs(store, 'w1');
      t.match(await store.commit(sampleCommit(task, state, { goesOn: true })), { type: 'committed', task: { worker: '' } });
      t.match(await store.find(task.id, undefined), { state, worker: '' });
    }
    const task = await takeAs(store, 'w1');
    t.match(await store.cancel(task.id, 'ada', undefined, Date.now()), { task: { worker: '', heldSince: undefined } });
  });

  await t.test('a worker that gives a run back leaves it as nobody had it; one that lost it changes nothing (R3)', async (t) => {
    const [store, other] = await open(t);
    const before = await takeAs(store, 'w1');
    const taken = await other.take(before.id, 5, 'w2');
    await store.release(before.id, before.epoch, 1_000);
    t.match(await store.find(before.id, undefined), { worker: 'w2', updatedAt: 5 }, 'w1 is late');
    if (taken.type !== 'taken') return;
    await store.release(before.id, taken.task.epoch, 1_001);
    t.same(await store.find(before.id, undefined), { ...taken.task, worker: '', updatedAt: 1_001 });
    t.match(await store.take(before.id, 6, 'w3'), { type: 'taken', from: '' });
    await store.release('unknown', 1, 1);
  });

  await t.test('a take that was called off is given back, and counts no more; others count (R3)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeAs(store, 'w1');
    await store.release(task.id, task.epoch, 1, { givesTakeBack: true });
    t.match(await other.find(task.id, undefined), { takes: 0, worker: '', epoch: task.epoch });
    await store.release(task.id, task.epoch, 2, { givesTakeBack: true });
    t.match(await other.find(task.id, undefined), { takes: 0 }, 'never below 0');
    for (let time = 1; time <= 12; time++) {
      const taken = await other.take(task.id, time, 'w2');
      t.match(taken, { type: 'taken', task: { takes: 1 } }, 'no limit of takes is reached');
      if (taken.type === 'taken') await other.release(task.id, taken.task.epoch, time, { givesTakeBack: true });
    }
    const counted = await other.take(task.id, 20, 'w2');
    if (counted.type !== 'taken') return;
    await other.release(task.id, counted.task.epoch, 21);
    await store.release(task.id, task.epoch, 22, { givesTakeBack: true });
    t.match(await store.find(task.id, undefined), { takes: 1, updatedAt: 21 }, 'of an older epoch nothing is given back');
  });

  await t.test('a held run is taken, committed and recorded by nobody until it is resumed (CHK-08)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeAs(store, 'w1');
    t.same(await store.hold(task.id, task.epoch - 1, 900), { type: 'lost' }, 'an older epoch');
    t.same(await store.hold('unknown', 1, 900), { type: 'lost' });
    const held = await store.hold(task.id, task.epoch, 1_000);
    t.same(held, { type: 'held', task: { ...task, worker: '', heldSince: 1_000, updatedAt: 1_000 } });
    t.same(await other.find(task.id, undefined), held.type === 'held' && held.task);
    t.match(await other.take(task.id, 1_001, 'w2'), { type: 'not-runnable', task: { heldSince: 1_000, epoch: task.epoch } });
    t.match(await store.commit(sampleCommit(task)), { type: 'lost' });
    t.equal(await store.record({ taskId: task.id, epoch: task.epoch, step: 1, toolCalls: [sampleToolCall()], at: 1 }), 'lost');
    t.same(await other.runnable(Date.now() + 1_000, 10), [], 'no sweep gives it a job');
    t.same(await store.resume(task.id, 'eve', 1_002), { type: 'not-found' });
    t.same(await store.resume('unknown', undefined, 1_002), { type: 'not-found' });
    const resumed = await other.resume(task.id, 'ada', 1_002);
    t.same(resumed, { type: 'resumed', task: { ...task, worker: '', resumedAt: 1_002, updatedAt: 1_002 } });
    t.same(await store.find(task.id, undefined), resumed.type === 'resumed' && resumed.task);
    t.match(await store.resume(task.id, undefined, 1_003), { type: 'not-held', task: { updatedAt: 1_002 } });
    t.match(await store.runnable(1_002, 10), [{ id: task.id }]);
    t.match(await other.take(task.id, 1_004, 'w2'), { type: 'taken', from: '', task: { epoch: task.epoch + 1, takes: 2 } });
  });

  await t.test('a held run can be canceled, and nothing of it stays held', async (t) => {
    const [store] = await open(t);
    const task = await takeAs(store, 'w1');
    await store.hold(task.id, task.epoch, 1_000);
    t.match(await store.cancel(task.id, 'ada', undefined, 1_001), { type: 'canceled', task: { heldSince: undefined } });
    t.match(await store.resume(task.id, 'ada', 1_002), { type: 'not-held' });
    t.match(await store.hold(task.id, task.epoch + 1, 1_003), { type: 'lost' });
  });

  await t.test('a wait has a time at which it ends, until somebody answers', async (t) => {
    const [store, other] = await open(t);
    const wait = async (contextId: string, expiresAt: number) => {
      const task = await takeNow(store, (await acceptNew(store, { contextId })).id);
      const outcome = await store.commit(sampleCommit(task, 'TASK_STATE_INPUT_REQUIRED', { expiresAt }));
      t.match(outcome, { type: 'committed', task: { expiresAt } });
      return task.id;
    };
    const [late, early, answered, canceled] = [await wait('a', 300), await wait('b', 200), await wait('c', 100), await wait('d', 100)];
    const dueIds = async (at: number, limit = 10) => (await other.due(at, limit)).map((task) => task.id);
    t.match(await store.accept(sampleAccept({ contextId: 'c', taskId: answered, at: 99 })), {
      type: 'accepted',
      task: { expiresAt: undefined },
    });
    t.match(await store.cancel(canceled, 'ada', undefined, 1), { task: { expiresAt: undefined } });
    t.same(await dueIds(199), []);
    t.same(await dueIds(200), [early]);
    t.same(await dueIds(10_000), [early, late]);
    t.same(await dueIds(10_000, 1), [early]);
    t.match(await store.find(late, undefined), { expiresAt: 300 });
  });
}

export async function openRunSuite(t: Test, open: OpenRecoverable): Promise<void> {
  await t.test('a wait that is due ends as FAILED with the reason; one that was answered meanwhile does not (CHK-11)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeAs(store, 'w1', 'c1');
    await store.commit(sampleCommit(task, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: 5_000 }));
    t.same(await other.expire(task.id, 'nobody answered', 4_999), { type: 'not-due' });
    const expired = await other.expire(task.id, 'nobody answered', 5_000);
    t.match(expired, { type: 'expired', task: { state: 'TASK_STATE_FAILED', epoch: 2, seq: 4, expiresAt: undefined, updatedAt: 5_000 } });
    if (expired.type !== 'expired') return;
    const [event] = expired.events;
    t.match(expired.events, [{ type: 'status.changed', seq: 4, epoch: 2, status: { state: 'TASK_STATE_FAILED' } }]);
    const message = event?.type === 'status.changed' ? event.status.message : undefined;
    t.match(message, { role: 'ROLE_AGENT', taskId: task.id, contextId: 'c1', messageId: /./ });
    t.same(message?.parts, [{ text: 'nobody answered' }]);
    t.same(await store.events(task.id, 3), expired.events);
    t.same(await store.find(task.id, undefined), expired.task);
    t.same(await store.expire(task.id, 'again', 6_000), { type: 'not-due' }, 'R5');
    t.same(await store.expire('unknown', 'x', 6_000), { type: 'not-due' });
    t.same(await store.due(10_000, 10), []);

    const answered = await takeAs(store, 'w1', 'c2');
    await store.commit(sampleCommit(answered, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: 5_000 }));
    await store.accept(sampleAccept({ contextId: 'c2', taskId: answered.id, at: 4_999 }));
    t.same(await other.expire(answered.id, 'late', 6_000), { type: 'not-due' });
    t.match(await store.take(answered.id, 6_001, 'w2'), { type: 'taken' });
    const forever = await takeAs(store, 'w1', 'c3');
    await store.commit(sampleCommit(forever, 'TASK_STATE_INPUT_REQUIRED'));
    t.same(await other.expire(forever.id, 'never', Number.MAX_SAFE_INTEGER), { type: 'not-due' });
  });

  await t.test('an answer that comes when the wait is over ends the run instead of continuing it, keeper or not (CHK-11)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeAs(store, 'w1', 'c1');
    await store.commit(sampleCommit(task, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: 5_000 }));
    const answer = sampleAccept({ contextId: 'c1', taskId: task.id, at: 5_000 });
    const outcome = await other.accept(answer);
    t.match(outcome, { type: 'expired', task: { state: 'TASK_STATE_FAILED', epoch: 2, expiresAt: undefined, updatedAt: 5_000 } });
    if (outcome.type !== 'expired') return;
    t.match(outcome.events, [
      { type: 'status.changed', status: { state: 'TASK_STATE_FAILED', message: { parts: [{ text: EXPIRED_WAIT }] } } },
    ]);
    t.same(await store.events(task.id, 3), outcome.events, 'the message is no part of the log');
    t.same(await store.find(task.id, undefined), outcome.task);
    t.notOk(await store.isAccepted(answer.dedupeKey));
    t.match(await store.accept(answer), { type: 'terminal' }, 'sent again');
    t.same(await store.expire(task.id, 'late', 6_000), { type: 'not-due' });
    t.match(await store.take(task.id, 6_000, 'w2'), { type: 'not-runnable' }, 'nobody runs what was answered too late');
  });

  await t.test('a message that was accepted in time is the same one when it comes again later (R11, CHK-11)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeAs(store, 'w1', 'c1');
    await store.commit(sampleCommit(task, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: 5_000 }));
    const answer = sampleAccept({ contextId: 'c1', taskId: task.id, at: 4_999 });
    t.match(await store.accept(answer), { type: 'accepted' });
    t.match(await other.accept({ ...answer, at: 5_001 }), { type: 'duplicate', task: { state: 'TASK_STATE_WORKING' } });
  });

  await t.test('a held run that is resumed when its time is over ends instead (CHK-08, CHK-11)', async (t) => {
    const [store, other] = await open(t);
    const task = await takeAs(store, 'w1', 'c1');
    await store.hold(task.id, task.epoch, 1_000, 5_000);
    t.same(await other.resume(task.id, 'eve', 5_000), { type: 'not-found' });
    const outcome = await other.resume(task.id, 'ada', 5_000);
    t.match(outcome, { type: 'expired', task: { state: 'TASK_STATE_FAILED', epoch: 2, heldSince: undefined, updatedAt: 5_000 } });
    if (outcome.type !== 'expired') return;
    t.match(outcome.events, [
      { type: 'status.changed', status: { state: 'TASK_STATE_FAILED', message: { parts: [{ text: EXPIRED_HOLD }] } } },
    ]);
    t.match(await store.resume(task.id, 'ada', 6_000), { type: 'not-held' });
    t.match(await store.take(task.id, 6_000, 'w2'), { type: 'not-runnable' });
    const early = await takeAs(store, 'w1', 'c2');
    await store.hold(early.id, early.epoch, 1_000, 5_000);
    t.match(await store.resume(early.id, 'ada', 4_999), { type: 'resumed', task: { expiresAt: undefined } });
  });

  await t.test('of an answer and the end of its time, arriving together, one wins (R5, CHK-11)', async (t) => {
    const [store, other] = await open(t);
    for (let round = 0; round < 10; round++) {
      const contextId = `round ${round}`;
      const task = await takeAs(store, 'w1', contextId);
      await store.commit(sampleCommit(task, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: 5 }));
      const answer = () => store.accept(sampleAccept({ contextId, taskId: task.id, at: 4 }));
      const end = () => other.expire(task.id, 'late', 5);
      const outcomes = await Promise.all(round % 2 === 0 ? [answer(), end()] : [end(), answer()]);
      const types = outcomes.map((outcome) => outcome.type).sort();
      const state = (await store.find(task.id, undefined))?.state;
      if (types.includes('expired')) t.same([types, state], [['expired', 'terminal'], 'TASK_STATE_FAILED']);
      else t.same([types, state], [['accepted', 'not-due'], 'TASK_STATE_WORKING']);
    }
  });

  await t.test('runs that have not ended are listed oldest first, by owner and by what they do, page after page', async (t) => {
    const [store, other] = await open(t);
    const runs = await oneOfEach(store);
    const ids = async (query: object) => (await other.openRuns({ limit: 10, ...query })).map((run) => run.id);
    t.same(await ids({}), [runs.queued, runs.running, runs.waiting, runs.held, runs.foreign]);
    t.same(await ids({ owner: 'ada' }), [runs.queued, runs.running, runs.waiting, runs.held]);
    t.same(await ids({ owner: 'ada ' }), [runs.foreign], 'owners compare exactly');
    t.same(await ids({ owner: 'ADA' }), []);
    t.same(await ids({ owner: { prefix: 'ad' } }), await ids({}), 'all whose owner begins so');
    t.same(await ids({ owner: { prefix: 'ada ' } }), [runs.foreign]);
    t.same(await ids({ owner: { prefix: '' } }), await ids({}));
    for (const prefix of ['ADA', 'da', '%', 'a_a', 'ada  ']) t.same(await ids({ owner: { prefix } }), [], prefix);
    t.same(await ids({ status: 'queued' }), [runs.queued, runs.foreign]);
    t.same(await ids({ status: 'running' }), [runs.running]);
    t.same(await ids({ status: 'waiting' }), [runs.waiting]);
    t.same(await ids({ status: 'held', owner: 'ada' }), [runs.held]);
    t.same(await ids({ status: 'held', owner: 'ada ' }), []);
    const walked: string[] = [];
    let after: TaskRecord | undefined;
    do {
      const page = await other.openRuns({ limit: 2, ...(after === undefined ? {} : { after }) });
      walked.push(...page.map((run) => run.id));
      after = page.at(-1);
    } while (after !== undefined);
    t.same(walked, [runs.queued, runs.running, runs.waiting, runs.held, runs.foreign], 'also of those of the same millisecond');
  });

  await t.test('runs that a worker has are listed page after page, and no others (R1)', async (t) => {
    const [store, other] = await open(t);
    const { running } = await oneOfEach(store);
    t.same(
      (await other.taken(10)).map((run) => run.id),
      [running],
    );
    const contexts = Array.from({ length: 7 }, (_, index) => `taken ${index}`);
    // Names that lie close together: a comparison that looks away from something would lose the place between them.
    const names = ['a', 'a', 'a', 'A', 'a-', 'b', 'b'];
    const taken: TaskRecord[] = [];
    for (const [index, contextId] of contexts.entries()) taken.push(await takeAs(store, names[index] ?? '', contextId));
    const walked: RunInHands[] = [];
    for (let after: RunInHands | undefined; walked.length === 0 || after !== undefined; after = walked.at(-1)) {
      const page = await other.taken(2, after);
      if (page.length === 0) break;
      walked.push(...page);
    }
    t.same(walked.map((run) => run.id).toSorted(), [running, ...taken.map((run) => run.id)].toSorted(), 'each once');
    t.match(await other.find(walked[0]?.id ?? '', undefined), walked[0]);
    for (const { id, epoch } of taken) await store.release(id, epoch, 9);
    t.same(
      (await other.taken(10)).map((run) => run.id),
      [running],
      'until they are given back',
    );
  });

  await t.test('the oldest run that nobody has is found: none that is taken, held, waits, has ended or is behind another', async (t) => {
    const [store, other] = await open(t);
    t.equal(await store.oldestUnclaimed(), undefined);
    const runs = await oneOfEach(store);
    t.match(await other.oldestUnclaimed(), { id: runs.queued, updatedAt: 100 });
    await store.take(runs.queued, 150, 'w1');
    t.match(await other.oldestUnclaimed(), { id: runs.foreign });
    await store.cancel(runs.foreign, 'ada ', undefined, 501);
    t.equal(await other.oldestUnclaimed(), undefined);
    const task = await other.find(runs.queued, undefined);
    await store.release(runs.queued, task?.epoch ?? 0, 600);
    t.match(await other.oldestUnclaimed(), { id: runs.queued, updatedAt: 600 });
  });

  await t.test('open runs are counted by what they do (CHK-12)', async (t) => {
    const [store, other] = await open(t);
    const none = { total: 0, queued: 0, working: 0, inputRequired: 0, held: 0, expired: 0, oldestCreatedAt: 0 };
    t.same(await store.statistics(undefined, 1), none);
    await oneOfEach(store);
    const all = { total: 5, queued: 2, working: 1, inputRequired: 1, held: 1, expired: 0, oldestCreatedAt: 100 };
    t.same(await other.statistics(undefined, 8_999), all);
    t.same(await other.statistics(undefined, 9_000), { ...all, expired: 1 });
    t.same(await other.statistics('ada', 9_000), { ...all, total: 4, queued: 1, expired: 1 });
    t.same(await other.statistics('eve', 9_000), none);
    t.match(await other.statistics({ prefix: 'ada' }, 9_000), { total: 5 });
    t.same(await other.statistics({ prefix: 'eve' }, 9_000), none);
  });
}

async function oneOfEach(store: RecoverableStore) {
  const { id: queued } = await acceptNew(store, { contextId: 'a', at: 100 });
  const running = (await acceptNew(store, { newTaskId: 'run-1', contextId: 'b', at: 200 })).id;
  await store.take(running, 201, 'w1');
  const waiting = await takeNow(store, (await acceptNew(store, { newTaskId: 'run-2', contextId: 'c', at: 200 })).id);
  await store.commit(sampleCommit(waiting, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: 9_000 }));
  const held = await takeNow(store, (await acceptNew(store, { contextId: 'd', at: 400 })).id);
  await store.hold(held.id, held.epoch, 401);
  const { id: foreign } = await acceptNew(store, { key: { agent: 'helper', owner: 'ada ', contextId: 'e' }, at: 500 });
  const ended = await takeNow(store, (await acceptNew(store, { contextId: 'f', at: 50 })).id);
  await store.commit(sampleCommit(ended));
  const canceled = await acceptNew(store, { contextId: 'g', at: 60 });
  await store.cancel(canceled.id, 'ada', undefined, 61);
  return { queued, running, waiting: waiting.id, held: held.id, foreign };
}

export async function takeAs(store: TaskStore, worker: string, contextId?: string): Promise<TaskRecord> {
  const { id } = await acceptNew(store, contextId === undefined ? {} : { contextId });
  const outcome = await store.take(id, Date.now(), worker);
  if (outcome.type !== 'taken') throw new Error(`not taken: ${outcome.type}`);
  return outcome.task;
}

const EXPIRED_WAIT = /^Nobody answered until 1970-01-01T00:00:05\.000Z/;
const EXPIRED_HOLD = /nobody resumed or discarded it until 1970-01-01T00:00:05\.000Z/;
