import t from 'tap';
import type { Program, Query } from '../../../../src/storage/sql/query.js';
import { SqlTaskStore } from '../../../../src/storage/sql/sql-task-store.js';
import { acceptNew, sampleCommit, sampleMessage, takeNow } from '../../../support/run-log-samples.js';
import { createSqlite } from '../../../support/temp-database.js';

t.test('every read of the run log is one walk along an index, without a scan or a sort', async (t) => {
  const database = await (await createSqlite(t)).open();
  const queries: Query[] = [];
  const read = (query: Query) => {
    queries.push(query);
    return database.read(query);
  };
  const store = new SqlTaskStore({ ...database, read });
  const task = await takeNow(store, (await acceptNew(store)).id);
  await store.commit(sampleCommit(task, 'TASK_STATE_WORKING', { messages: [sampleMessage('a')] }));
  const reads: readonly [string, () => Promise<unknown>][] = [
    ['sessionMessages', () => store.sessionMessages(task, { upToTurn: task.turn })],
    ['events', () => store.events(task.id, 1)],
    ['find', () => store.find(task.id, undefined)],
    ['sequences', () => store.sequences([task.id])],
    ['runnable', () => store.runnable(Date.now(), 10, task)],
    ['toolCalls', () => store.toolCalls(task.id)],
    ['sessionToolCalls', () => store.sessionToolCalls(task.id, ['c', 'd'])],
    ['toolCalls by id', () => store.toolCalls(task.id, { callIds: ['c'] })],
    ['toolCalls that are open', () => store.toolCalls(task.id, { openIn: 1 })],
    ['the newest toolCalls', () => store.toolCalls(task.id, { newest: 1 })],
    ['countToolCalls', () => store.countToolCalls(task.id)],
    ['due', () => store.due(Date.now(), 10)],
    ['taken', () => store.taken(10)],
    ['taken behind one', () => store.taken(10, task)],
    ['openRuns', () => store.openRuns({ limit: 10 })],
    ['openRuns behind one', () => store.openRuns({ owner: 'ada', status: 'waiting', after: task, limit: 10 })],
    ['statistics', () => store.statistics('ada', 1)],
    ['completeEnded', () => store.completeEnded(10)],
    ['logSizes', () => store.logSizes([task], { artifacts: false })],
    ['eventsOfTasks', () => store.eventsOfTasks([task], { artifacts: false })],
    ['deleteEvents', () => store.deleteEvents(1, 10)],
  ];
  for (const [name, run] of reads) {
    queries.length = 0;
    await run();
    t.equal(queries.length, 1, name);
    const [{ sql, parameters }] = queries as [Query];
    const plan = await database.read({ sql: `EXPLAIN QUERY PLAN ${sql}`, parameters });
    const steps = plan.map((row) => String(row.detail));
    t.ok(steps.length > 0);
    t.same(
      steps.filter((step) => /^SCAN|TEMP B-TREE/.test(step)),
      [],
      `${name}: ${steps.join('; ')}`,
    );
  }
});

t.test('a run that a process of an earlier version ended, which leaves the worker standing, is in nobody’s hands', async (t) => {
  const database = await (await createSqlite(t)).open();
  const store = new SqlTaskStore(database);
  for (const state of ['TASK_STATE_COMPLETED', 'TASK_STATE_INPUT_REQUIRED'] as const)
    await store.commit(sampleCommit(await takeNow(store, (await acceptNew(store, { contextId: state })).id), state));
  await database.transact(function* () {
    yield { sql: "UPDATE tasks SET worker = 'w1', ended_at = NULL", parameters: [] };
  });
  t.same(await store.taken(10), []);
});

t.test('who comes next in a session is read only where a run that the transaction has not loaded may be', async (t) => {
  const database = await (await createSqlite(t)).open();
  const texts: string[] = [];
  function* noted<T>(program: Program<T>): Program<T> {
    let step = program.next();
    while (!step.done) {
      texts.push(step.value.sql);
      step = program.next(yield step.value);
    }
    return step.value;
  }
  const transact = <T>(program: () => Program<T>, maxWaitMs?: number) => database.transact(() => noted(program()), maxWaitMs);
  const store = new SqlTaskStore({ ...database, transact });
  const end = async (id: string) => {
    const task = await takeNow(store, id);
    texts.length = 0;
    const outcome = await store.commit(sampleCommit(task));
    return {
      next: outcome.type === 'committed' ? outcome.next?.id : outcome.type,
      asked: texts.some((sql) => sql.includes('WHERE open_session = ?')),
    };
  };
  t.same(await end((await acceptNew(store)).id), { next: undefined, asked: false }, 'alone');
  const session = { contextId: 'shared' };
  const first = await acceptNew(store, session);
  const second = await acceptNew(store, session);
  t.same(await end(first.id), { next: second.id, asked: true }, 'another one waits');
  t.same(await end(second.id), { next: undefined, asked: true }, 'there was another one');
  const joined = await takeNow(store, (await acceptNew(store, { contextId: 'joined' })).id);
  const [outcome, late] = await Promise.all([store.commit(sampleCommit(joined)), acceptNew(store, { contextId: 'joined' })]);
  t.match(outcome, { type: 'committed', next: undefined }, 'decided before the other one of its group joined');
  t.same((await takeNow(store, late.id)).state, 'TASK_STATE_WORKING');
  const waiting = await takeNow(store, (await acceptNew(store, { contextId: 'early' })).id);
  const [early, ended] = await Promise.all([acceptNew(store, { contextId: 'early' }), store.commit(sampleCommit(waiting))]);
  t.match(ended, { type: 'committed', next: { id: early.id } }, 'decided behind the other one of its group');
});
