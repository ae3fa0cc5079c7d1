/** Sessions as their owners see them, and what goes with them. */
import t, { type Test } from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { findSessionArtifact, readSessionArtifacts } from '../../src/memory/artifacts/session-artifacts.js';
import { RecallIndexer } from '../../src/memory/recall/indexer.js';
import { createMemorySearch } from '../../src/memory/recall/search-recall.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Database } from '../../src/storage/sql/database.js';
import { SessionTransfer } from '../../src/storage/sql/session-transfer.js';
import { SqlRecallStore } from '../../src/storage/sql/sql-recall-store.js';
import { SqlSessionStore } from '../../src/storage/sql/sql-session-store.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { SessionRecord } from '../../src/tasks/session-store.js';
import type { TaskStore } from '../../src/tasks/task-store.js';
import { acceptNew, sampleCommit, sampleMessage, takeNow } from '../support/run-log-samples.js';
import { forEachDialect, type OpenTemp } from '../support/temp-database.js';
import { branch, start, withTree } from './child-runs.js';

forEachDialect(t, async (t, createOpenTemp) => {
  const open = async (t: Test) => openAll(createOpenTemp(t));

  await t.test('sessions are listed newest first, page by page, each once whatever is said meanwhile (SES-01, SES-05, W-93)', async (t) => {
    const { tasks, sessions } = await open(t);
    const ids: string[] = [];
    for (let index = 0; index < 7; index++) {
      const contextId = `c${index}`;
      const agent = index % 2 === 0 ? 'helper' : 'other';
      ids.push((await acceptNew(tasks, { key: { agent, owner: 'ada', contextId } })).id);
    }
    await acceptNew(tasks, { key: { agent: 'helper', owner: 'eve', contextId: 'c0' } });
    await acceptNew(tasks, { key: { agent: 'helper', owner: 'ada', contextId: 'c0' }, tenant: 'acme' });
    const newest = ids.toReversed();
    const first = await sessions.listSessions({ owner: 'ada', tenant: '', limit: 3 });
    t.same(
      first.sessions.map(({ id }) => id),
      newest.slice(0, 3),
    );
    await acceptNew(tasks, { contextId: 'c0' });
    await acceptNew(tasks, { contextId: 'new' });
    const rest = await sessions.listSessions({ owner: 'ada', tenant: '', after: first.next, limit: 10 });
    t.same(
      rest.sessions.map(({ id }) => id),
      newest.slice(3),
    );
    t.equal(rest.next, undefined);
    t.match(rest.sessions.at(-1), { agent: 'helper', owner: 'ada', contextId: 'c0', tenant: '', messages: 2, runs: 2 });
    const exact = await sessions.listSessions({ owner: 'ada', tenant: '', agent: 'other', limit: 3 });
    t.same([exact.sessions.map(({ contextId }) => contextId), exact.next], [['c5', 'c3', 'c1'], undefined]);
    t.match((await sessions.listSessions({ owner: 'ada', tenant: 'acme', limit: 9 })).sessions, [{ contextId: 'c0', tenant: 'acme' }]);
    t.same((await sessions.listSessions({ owner: 'bob', limit: 9 })).sessions, []);
  });

  await t.test("a session is its owner's alone, and that of a child is nobody's (SES-05, SEC-18)", async (t) => {
    const { tasks, sessions } = await open(t);
    const root = await takeNow(tasks, (await acceptNew(tasks)).id);
    const child = start('a');
    await branch(tasks as never, root, { starts: [child], says: [] });
    t.match(await sessions.findSession(root.id, 'ada'), { id: root.id, owner: 'ada' });
    for (const [id, owner] of [
      [root.id, 'eve'],
      [child.taskId, 'ada'],
      ['', 'ada'],
      ['\0', 'ada'],
      ['é'.repeat(99), 'ada'],
    ] as const)
      t.equal(await sessions.findSession(id, owner), undefined);
    t.same(
      (await sessions.listSessions({ owner: 'ada', limit: 9 })).sessions.map(({ id }) => id),
      [root.id],
    );
    t.same(await sessions.deleteSession(child.taskId, 'ada'), { type: 'not-found' });
  });

  await t.test('operators find the sessions of all whose owner begins so, and none of children (API-07)', async (t) => {
    const { tasks, sessions } = await open(t);
    const ids: Record<string, string> = {};
    for (const owner of ['tenant:acme/ann', 'tenant:acme/bob', 'tenant:acm/eve', 'ann'])
      ids[owner] = (await acceptNew(tasks, { key: { agent: 'helper', owner, contextId: 'c' } })).id;
    await branch(tasks as never, await takeNow(tasks, ids['ann'] as string), { starts: [start('a')], says: [] });
    const owners = async (prefix: string) =>
      (await sessions.listSessions({ owner: { prefix }, limit: 9 })).sessions.map(({ owner }) => owner);
    t.same(await owners('tenant:acme/'), ['tenant:acme/bob', 'tenant:acme/ann']);
    t.same(await owners(''), ['ann', 'tenant:acm/eve', 'tenant:acme/bob', 'tenant:acme/ann']);
    t.same(await owners('tenant:ACME/'), []);
    const first = await sessions.listSessions({ owner: { prefix: '' }, limit: 3 });
    t.match((await sessions.listSessions({ owner: { prefix: '' }, after: first.next, limit: 3 })).sessions, [{ owner: 'tenant:acme/ann' }]);
    const id = ids['tenant:acme/ann'] as string;
    t.match(await sessions.findSession(id, { prefix: 'tenant:acme/' }), { id });
    t.equal(await sessions.findSession(id, { prefix: 'tenant:acm/' }), undefined);
  });

  await t.test('callers without credentials are many: what one tells of itself stays in its session (SES-03, SEC-18)', async (t) => {
    const { tasks, sessions } = await open(t);
    for (const owner of ['anonymous', 'ann'] as const) {
      const [told, next] = [
        await takeNow(tasks, (await acceptNew(tasks, { key: { agent: 'helper', owner, contextId: 'c1' } })).id),
        await acceptNew(tasks, { key: { agent: 'helper', owner, contextId: 'c2' } }),
      ];
      await tasks.commit(sampleCommit(told, 'TASK_STATE_COMPLETED', { sessionState: { 'user:name': 'Ann' } }));
      const again = await acceptNew(tasks, { key: { agent: 'helper', owner, contextId: 'c1' } });
      t.same(await tasks.sessionState(again), { 'user:name': 'Ann' });
      t.same(await tasks.sessionState(next), owner === 'anonymous' ? {} : { 'user:name': 'Ann' });
      t.same(await sessions.readState(await get(sessions, told.id, owner)), { 'user:name': 'Ann' });
    }
  });

  await t.test('messages are read from the end, page by page, without those that were rolled back (SES-04)', async (t) => {
    const { tasks, sessions } = await open(t);
    const session = await converse(tasks, 'c', 3);
    await acceptNew(tasks, { contextId: 'c', text: 'unsaid' });
    await acceptNew(tasks, { contextId: 'c', text: 'said', doubleTexting: 'rollback' });
    const texts = async (query: { before?: { turn: number; position: number }; limit: number }) =>
      (await sessions.readMessages({ id: session }, query)).map(({ message }) => (message.parts[0] as { text: string }).text);
    t.same(await texts({ limit: 3 }), ['question 3', 'answer 3', 'said']);
    const page = await sessions.readMessages({ id: session }, { limit: 3 });
    t.same(await texts({ limit: 3, ...(page[0] === undefined ? {} : { before: page[0] }) }), ['answer 1', 'question 2', 'answer 2']);
    t.same(await texts({ limit: 100 }), ['question 1', 'answer 1', 'question 2', 'answer 2', 'question 3', 'answer 3', 'said']);
  });

  await t.test('the state of the session and of its owner is shown, that of the application is not (SES-03, W-91)', async (t) => {
    const { tasks, sessions } = await open(t);
    const task = await takeNow(tasks, (await acceptNew(tasks)).id);
    const sessionState = { plan: ['a'], 'user:name': 'Ada', 'app:secret': 1, 'temp:x': 2 };
    await tasks.commit(sampleCommit(task, 'TASK_STATE_WORKING', { sessionState }));
    t.same(await sessions.readState(await get(sessions, task.id)), { plan: ['a'], 'user:name': 'Ada' });
  });

  await t.test(
    'a session is deleted with its runs, their children, artifacts, state and messages, and nothing else is (SES-05)',
    async (t) => {
      const { tasks, sessions, database } = await open(t);
      await converse(tasks, 'kept', 1);
      const before = await count(database);
      const id = await converse(tasks, 'gone', 25);
      const root = await takeNow(tasks, (await acceptNew(tasks, { contextId: 'gone' })).id);
      const child = start('a');
      const branched = await branch(tasks as never, root, { starts: [child], says: [] }, { sessionState: { plan: 1 } });
      const taken = await takeNow(tasks, child.taskId);
      await tasks.commit(withTree(taken, sampleCommit(taken, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('done')] })));
      t.match(await sessions.deleteSession(id, 'ada'), { type: 'active', taskIds: [root.id] }, 'a run is open');
      t.same(await sessions.deleteSession(id, 'eve'), { type: 'not-found' });
      t.ok(await sessions.findSession(id, 'ada'));
      await tasks.cancel(root.id, 'ada', undefined, Date.now());
      t.same(await sessions.deleteSession(id, 'ada'), { type: 'deleted' });
      t.same(await count(database), before);
      t.equal(await tasks.find(branched.task.id, undefined), undefined);
      t.same(await sessions.deleteSession(id, 'ada'), { type: 'not-found' });
      const again = await acceptNew(tasks, { contextId: 'gone' });
      t.equal((await get(sessions, again.id)).messages, 1, 'the same context begins another session');
    },
  );

  await t.test('a deletion that a crash interrupts is gone from every list, and finished later (SES-05)', async (t) => {
    const { tasks, sessions, other, database } = await open(t);
    const before = await count(database);
    const id = await converse(tasks, 'gone', 45);
    let pauses = 0;
    const crash = () => (++pauses === 2 ? Promise.reject(new Error('crash')) : Promise.resolve());
    await t.rejects(sessions.deleteSession(id, 'ada', crash), { message: 'crash' });
    t.same(await other.listSessions({ owner: 'ada', limit: 9 }), { sessions: [] });
    const rows = await count(database);
    t.ok((rows['tasks'] as number) > 0 && (rows['leftovers'] as number) > 0, 'half of it is there');
    const fresh = await acceptNew(tasks, { contextId: 'gone' });
    await other.completeDeletions();
    t.equal((await get(other, fresh.id)).messages, 1, 'the new session of that context is not touched');
    await tasks.cancel(fresh.id, 'ada', undefined, Date.now());
    await other.deleteSession(fresh.id, 'ada');
    t.same(await count(database), before);
  });

  await t.test('a run that begins while its session is deleted is refused the deletion, or begins another session', async (t) => {
    const { tasks, sessions, database } = await open(t);
    const id = await converse(tasks, 'c', 2);
    const [outcome, task] = await Promise.all([sessions.deleteSession(id, 'ada'), acceptNew(tasks, { contextId: 'c' })]);
    const [session] = (await sessions.listSessions({ owner: 'ada', limit: 9 })).sessions;
    t.equal(session?.id, outcome.type === 'deleted' ? task.id : id);
    t.ok(await tasks.find(task.id, 'ada'));
    t.equal((await count(database))['leftovers'], 0);
  });

  await t.test('sessions that a process of an earlier version began are listed once the keeper has seen them', async (t) => {
    const { tasks, sessions, database } = await open(t);
    const plain = await acceptNew(tasks, { contextId: 'a' });
    const acme = await acceptNew(tasks, { contextId: 'b', tenant: 'acme' });
    const root = await takeNow(tasks, (await acceptNew(tasks, { contextId: 'c' })).id);
    await branch(tasks as never, root, { starts: [start('a')], says: [] });
    await database.transact(function* () {
      yield { sql: 'UPDATE sessions SET owner_key = NULL, tenant = NULL', parameters: [] };
    });
    t.same((await sessions.listSessions({ owner: 'ada', limit: 9 })).sessions, []);
    t.equal(await sessions.completeSessions(100), 4);
    t.equal(await sessions.completeSessions(100), 0);
    const listed = (await sessions.listSessions({ owner: 'ada', limit: 9 })).sessions;
    t.match(listed, [
      { id: root.id, tenant: '' },
      { id: acme.id, tenant: 'acme' },
      { id: plain.id, tenant: '' },
    ]);
    t.equal(listed.length, 3, "a child's is not among them");
  });

  await t.test("artifacts of a session are its runs', under one name a version after the other (SES-07, W-98)", async (t) => {
    const { tasks, sessions } = await open(t);
    const artifact = (text: string, append: boolean, lastChunk: boolean) =>
      ({ type: 'artifact.updated', artifact: { artifactId: 'r', name: 'report', parts: [{ text }] }, append, lastChunk }) as const;
    const run = async (events: readonly ReturnType<typeof artifact>[]) => {
      let task = await takeNow(tasks, (await acceptNew(tasks, { contextId: 'c' })).id);
      for (const event of events) {
        const outcome = await tasks.commit(sampleCommit(task, 'TASK_STATE_WORKING', { events: [event], goesOn: true }));
        if (outcome.type === 'committed') task = outcome.task;
      }
      await tasks.cancel(task.id, 'ada', undefined, Date.now());
      return task.id;
    };
    const first = await run([artifact('one ', false, false), artifact('and more', true, true), artifact('two', false, true)]);
    await run([artifact('three', false, false)]);
    const artifacts = await readSessionArtifacts(sessions, { id: first });
    t.match(artifacts.list(), [{ name: 'report', version: 3, isComplete: false, parts: [{ text: 'three' }] }]);
    t.match(artifacts.find('report', 1), { taskId: first, isComplete: true, parts: [{ text: 'one ' }, { text: 'and more' }] });
    t.match(artifacts.find('report', 2), { parts: [{ text: 'two' }] });
    t.equal(artifacts.find('report', 4), undefined);
    t.equal(await findSessionArtifact(sessions, first, 'report'), 'three');
    t.equal(await findSessionArtifact(sessions, 'nobody', 'report'), undefined);
  });

  await t.test(
    'with a database of their own, messages are read, found and deleted wherever they are (SES-10, SES-05, MEM-03)',
    async (t) => {
      const openTemp = createOpenTemp(t);
      const [runs, separate] = [await (await openTemp()).open(), await (await openTemp()).open()];
      const transfer = new SessionTransfer({ runs, sessions: separate, clock: systemClock, log: silentLogger });
      t.teardown(() => transfer.close());
      // Moved when this test says so.
      const tasks = new SqlTaskStore(runs, { sessions: separate, transfer: { wrote: () => undefined } });
      const [sessions, recall] = [new SqlSessionStore(runs, separate), new SqlRecallStore(runs, separate)];
      const indexer = new RecallIndexer({ store: recall, clock: systemClock });
      const search = createMemorySearch({ store: recall });
      const signal = new AbortController().signal;
      const id = await converse(tasks, 'c', 2);
      await transfer.tick();
      await converse(tasks, 'c', 1);
      await acceptNew(tasks, { contextId: 'c', text: 'unsaid' });
      const last = await acceptNew(tasks, { contextId: 'c', text: 'said', doubleTexting: 'rollback' });
      const read = async () => (await sessions.readMessages({ id }, { limit: 100 })).map(({ message }) => message.parts[0]);
      const before = await read();
      t.match([before.length, before.at(-1)], [7, { text: 'said' }]);
      await indexer.round(signal);
      const found = await search.search('question', { taskId: last.id, limit: 9, includesCurrent: true }, signal);
      t.equal(found.length, 3);
      await transfer.tick();
      t.same(await read(), before);
      t.same(await search.search('question', { taskId: last.id, limit: 9, includesCurrent: true }, signal), found);
      await tasks.cancel(last.id, 'ada', undefined, Date.now());
      t.same(await sessions.deleteSession(id, 'ada'), { type: 'deleted' });
      for (const database of [runs, separate]) t.ok(Object.values(await count(database)).every((rows) => rows === 0));
    },
  );
});

async function openAll(openTemp: OpenTemp) {
  const temp = await openTemp();
  const [database, second] = [await temp.open(), await temp.open()];
  return { database, tasks: new SqlTaskStore(database), sessions: new SqlSessionStore(database), other: new SqlSessionStore(second) };
}

/** A session of runs that have ended; its id. */
async function converse(tasks: TaskStore, contextId: string, runs: number): Promise<string> {
  let first: string | undefined;
  for (let run = 1; run <= runs; run++) {
    const task = await takeNow(tasks, (await acceptNew(tasks, { contextId, text: `question ${run}` })).id);
    await tasks.commit(sampleCommit(task, 'TASK_STATE_COMPLETED', { messages: [sampleMessage(`answer ${run}`)] }));
    first ??= task.id;
  }
  return first ?? '';
}

async function get(sessions: SqlSessionStore, id: string, owner = 'ada'): Promise<SessionRecord> {
  const session = await sessions.findSession(id, owner);
  if (session === undefined) throw new Error(`no session ${id}`);
  return session;
}

async function count(database: Database): Promise<Record<string, number>> {
  const tables = [
    'tasks',
    'task_events',
    'tool_calls',
    'accepted_messages',
    'sessions',
    'session_messages',
    'session_states',
    'leftovers',
    'recall_messages',
    'recall_sessions',
  ];
  const counts = await Promise.all(tables.map((table) => database.read({ sql: `SELECT COUNT(*) AS n FROM ${table}`, parameters: [] })));
  return Object.fromEntries(tables.map((table, index) => [table, Number(counts[index]?.[0]?.['n'])]));
}
