/** What retention deletes, and what it must leave alone. */
import t, { type Test } from 'tap';
import { projectTask } from '../../src/a2a/project-task.js';
import { systemClock } from '../../src/base/clock.js';
import { silentLogger } from '../../src/observe/log.js';
import type { Database } from '../../src/storage/sql/database.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import type { FollowedItem } from '../../src/tasks/follower.js';
import { createLiveFeed } from '../../src/tasks/live-feed.js';
import type { Pause } from '../../src/tasks/recovery-store.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { InProcessFeed } from '../support/in-process-feed.js';
import { execute, select } from '../support/query-database.js';
import { acceptNew, sampleAccept, sampleArtifact, sampleCommit, sampleMessage, sampleStatus, takeNow } from '../support/run-log-samples.js';
import { sampleToolCall } from '../support/sample-tool-call.js';
import { forEachDialect, type OpenTemp } from '../support/temp-database.js';
import { branch, start } from './child-runs.js';

const OLD = 1_000;
const BEFORE = 2_000;
const NEW = 3_000;

forEachDialect(t, async (t, createOpenTemp) => {
  await t.test('an old ended task goes with its events, tool calls and accepted messages; its words stay (DEP-08)', async (t) => {
    const { store, other, database } = await openTwo(createOpenTemp(t));
    const input = sampleAccept({ contextId: 'c1', messageId: 'm1', at: OLD });
    await store.accept(input);
    const old = await end(store, input.newTaskId, OLD);
    const fresh = await end(store, (await acceptNew(store, { contextId: 'c1', at: NEW })).id, NEW);
    const atWork = await takeNow(store, (await acceptNew(store, { contextId: 'c2', at: OLD })).id);
    const waiting = await takeNow(store, (await acceptNew(store, { contextId: 'c3', at: OLD })).id);
    await store.commit(sampleCommit(waiting, 'TASK_STATE_INPUT_REQUIRED', { at: OLD }));
    const queued = await acceptNew(store, { contextId: 'c4', at: OLD });
    const messages = await store.sessionMessages(input.key);

    t.equal(await other.deleteTasks(OLD, 10), 0, 'what was touched at that very moment stays');
    t.equal(await other.deleteTasks(BEFORE, 10), 1);
    t.equal(await store.find(old.id, undefined), undefined);
    t.same(await count(database), { tasks: 4, task_events: 10, tool_calls: 1, accepted_messages: 4, leftovers: 0 });
    for (const task of [fresh, atWork, waiting, queued]) t.ok(await store.find(task.id, undefined));
    t.same(await store.sessionMessages(input.key), messages);
    t.equal(await store.isAccepted(input.dedupeKey), false);
    t.match(await store.accept({ ...input, newTaskId: 'again' }), { type: 'accepted', task: { id: 'again' } });
    t.same(await store.accept(sampleAccept({ contextId: 'c1', taskId: old.id })), { type: 'not-found' });
    t.equal(await other.deleteTasks(BEFORE, 10), 0);
  });

  await t.test('at most as many are deleted as asked for, the oldest first', async (t) => {
    const { store } = await openTwo(createOpenTemp(t));
    const ids: string[] = [];
    for (let index = 0; index < 50; index++) {
      const task = await acceptNew(store, { contextId: `c${index}`, at: OLD + index });
      await store.cancel(task.id, 'ada', undefined, OLD + index);
      ids.push(task.id);
    }
    t.equal(await store.deleteEvents(BEFORE, 7), 7);
    t.equal(await store.deleteTasks(BEFORE, 45), 45);
    t.same([...(await store.sequences(ids)).keys()].sort(), ids.slice(45).sort());
    t.equal(await store.deleteSessions(BEFORE, 49), 49);
    t.equal((await store.sessionMessages({ agent: 'helper', owner: 'ada', contextId: 'c49' })).length, 1);
  });

  await t.test('of an old log the first event and the last status stay, and whoever reads it comes to its end', async (t) => {
    const { store, other } = await openTwo(createOpenTemp(t));
    const old = await end(store, (await acceptNew(store, { at: OLD, text: 'question' })).id, OLD, 500);
    const fresh = await end(store, (await acceptNew(store, { at: NEW })).id, NEW);
    const atWork = await takeNow(store, (await acceptNew(store, { at: OLD })).id);
    const before = await store.events(old.id, 0);
    t.equal(before.length, 503);
    t.equal(await other.deleteEvents(BEFORE, 10), 1);
    t.equal(await other.deleteEvents(BEFORE, 10), 0, 'once');
    t.match(
      (await store.toolCalls(old.id)).map((call) => [call.status, call.result]),
      [['done', undefined]],
    );
    t.match(
      (await store.toolCalls(fresh.id)).map((call) => call.result),
      [{ content: 'paid' }],
    );
    const events = await store.events(old.id, 0);
    t.same(events, [before[0], before.at(-1)]);
    t.equal((await store.events(fresh.id, 0)).length, 4);
    t.equal((await store.events(atWork.id, 0)).length, 2);
    t.match(await store.find(old.id, 'ada'), { state: 'TASK_STATE_COMPLETED', seq: 503 });

    const task = projectTask(events);
    t.match(task, { id: old.id, status: { state: 'TASK_STATE_COMPLETED' }, history: [{ parts: [{ text: 'question' }] }] });
    t.equal(task.artifacts, undefined);
    for (const seq of [0, 1, 2, 300, 502]) {
      const followed = await follow(t, store, old.id, seq);
      t.same(followed, seq === 0 ? [1, 503] : [503], `from ${seq}`);
    }
    t.equal(await store.deleteTasks(BEFORE, 10), 1);
  });

  await t.test('an old session goes with its messages, and a later message begins a new one', async (t) => {
    const { store, other, database } = await openTwo(createOpenTemp(t));
    const key = { agent: 'helper', owner: 'ada', contextId: 'c1' };
    const task = await end(store, (await acceptNew(store, { contextId: 'c1', at: OLD })).id, OLD, 1, 250);
    const fresh = await end(store, (await acceptNew(store, { contextId: 'c2', at: NEW })).id, NEW);
    t.equal(await other.deleteSessions(OLD, 10), 0);
    t.equal(await other.deleteSessions(BEFORE, 10), 1);
    t.same(await store.sessionMessages(key), []);
    t.equal((await select(database, 'SELECT position FROM session_messages')).length, 2);
    t.ok(await store.find(task.id, undefined), 'the task stays');
    t.equal((await store.events(task.id, 0)).length, 4);
    const next = await takeNow(store, (await acceptNew(store, { contextId: 'c1', at: NEW })).id);
    t.equal(next.turn, 1);
    t.match(await store.commit(sampleCommit(next, 'TASK_STATE_COMPLETED', { messages: [sampleMessage('a')] })), { type: 'committed' });
    t.equal((await store.sessionMessages(key)).length, 2);
    t.equal((await store.sessionMessages(fresh)).length, 2);
  });

  await t.test('children, their sessions and their state go with their root or its session, and never before', async (t) => {
    const { store, other, database } = await openTwo(createOpenTemp(t));
    const states = async () => (await select(database, 'SELECT name FROM session_states')).length;
    const sessions = async () => (await select(database, 'SELECT session_id FROM sessions')).length;
    for (const contextId of ['c1', 'c2']) {
      const root = await takeNow(store, (await acceptNew(store, { contextId, at: OLD })).id);
      const child = start('a', { ownState: { own: 1 } });
      await branch(store, root, { starts: [child], says: [] }, { at: OLD, sessionState: { plan: 1 } });
      await end(store, child.taskId, OLD);
      t.equal(await other.deleteTasks(BEFORE, 10), 0, 'its root has not ended');
      t.equal(await other.deleteSessions(BEFORE, 10), 0, 'nor has its session');
      t.match(await store.children(root.id), [{ task: { state: 'TASK_STATE_COMPLETED' }, messages: [{}] }]);
      await end(store, root.id, OLD);
      t.same([await states(), await sessions()], [2, 2]);
      if (contextId === 'c1') {
        t.equal(await other.deleteTasks(BEFORE, 10), 1);
        t.same(await count(database), { tasks: 0, task_events: 0, tool_calls: 0, accepted_messages: 0, leftovers: 0 });
        t.same([await states(), await sessions()], [1, 1]);
      }
      t.equal(await other.deleteSessions(BEFORE, 10), 1);
      t.same([await states(), await sessions()], [0, 0]);
      t.equal((await select(database, 'SELECT position FROM session_messages')).length, 0);
    }
    t.equal(await other.deleteTasks(BEFORE, 10), 1);
    t.same(await count(database), { tasks: 0, task_events: 0, tool_calls: 0, accepted_messages: 0, leftovers: 0 });
  });

  await t.test('a session with a run that is at work, held, queued or waiting is left alone, however old', async (t) => {
    const { store, other } = await openTwo(createOpenTemp(t));
    const [atWork, held, queued, waiting] = (await Promise.all(
      ['atWork', 'held', 'queued', 'waiting'].map((contextId) => acceptNew(store, { contextId, at: OLD })),
    )) as [TaskRecord, TaskRecord, TaskRecord, TaskRecord];
    await store.take(atWork.id, OLD);
    await store.hold(held.id, (await takeNow(store, held.id)).epoch, OLD);
    await store.commit(sampleCommit(await takeNow(store, waiting.id), 'TASK_STATE_INPUT_REQUIRED', { at: OLD }));
    t.equal(await other.deleteSessions(BEFORE, 10), 0);
    t.equal(await other.deleteTasks(BEFORE, 10), 0);
    t.equal(await other.deleteEvents(BEFORE, 10), 0);
    for (const task of [atWork, held, queued, waiting]) t.equal((await store.sessionMessages(task)).length, 1, task.contextId);
  });

  await t.test('a session that is used between being found and being deleted stays (D1)', async (t) => {
    const { store, other, database } = await openTwo(createOpenTemp(t));
    for (const [contextId, at] of [
      ['a run that came and ended', NEW],
      ['a run that has not ended', OLD],
    ] as const) {
      const use = async (): Promise<void> => {
        const task = await acceptNew(other, { contextId, at });
        if (at === NEW) await other.cancel(task.id, 'ada', undefined, at);
      };
      const task = await end(store, (await acceptNew(store, { contextId, at: OLD })).id, OLD);
      const read: Database['read'] = async (query) => {
        const rows = await database.read(query);
        if (/FROM sessions/.test(query.sql)) await use();
        return rows;
      };
      t.equal(await new SqlTaskStore({ ...database, read }).deleteSessions(BEFORE, 10), 0, contextId);
      t.equal((await store.sessionMessages(task)).length, 3, contextId);
    }
  });

  await t.test('what a process left behind when it was killed is deleted by the next call', async (t) => {
    const { store, database } = await openTwo(createOpenTemp(t));
    const task = await end(store, (await acceptNew(store, { at: OLD })).id, OLD);
    for (const kind of ['task', 'session'] as const) {
      await execute(database, 'INSERT INTO leftovers (id, kind) VALUES (?, ?)', [task.id, kind]);
    }
    t.equal(await store.deleteTasks(0, 10), 0);
    t.match(
      await count(database),
      { task_events: 0, tool_calls: 0, leftovers: 0 },
      'also of sessions, as children leave some with their root',
    );
    t.equal(await store.deleteSessions(0, 10), 0);
    t.match(await count(database), { leftovers: 0 });
    t.same(await store.sessionMessages(task), []);
  });

  await t.test('between two small transactions others come first; called off there, the next call goes on', async (t) => {
    const { store } = await openTwo(createOpenTemp(t));
    for (let index = 0; index < 30; index++) {
      await end(store, (await acceptNew(store, { contextId: `c${index}`, at: OLD })).id, OLD, index === 0 ? 1_000 : 1);
    }
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
    };
    const callOff = async () => {
      throw new Error('called off');
    };
    const deletions: readonly [string, number, (pause: Pause) => Promise<number>][] = [
      ['events', 35, (pause) => store.deleteEvents(BEFORE, 100, pause)],
      ['tasks', 4, (pause) => store.deleteTasks(BEFORE, 100, pause)],
      ['sessions', 4, (pause) => store.deleteSessions(BEFORE, 100, pause)],
    ];
    for (const [name, wanted, act] of deletions) {
      pauses = 0;
      await t.rejects(act(callOff), /called off/, name);
      await act(pause);
      t.ok(pauses >= wanted - 1, `${name}: ${pauses} pauses`);
      t.equal(await act(callOff), 0, `${name}: all is done`);
    }
    t.equal(await store.completeEnded(10, callOff), 0);
  });

  await t.test('deleting beside accepts, repeated messages and commits fails none of them and loses none of theirs', async (t) => {
    const { store, other, database } = await openTwo(createOpenTemp(t));
    const contexts = Array.from({ length: 8 }, (_, index) => `c${index}`);
    for (const contextId of contexts) {
      await end(store, (await acceptNew(store, { contextId, messageId: 'old', at: OLD })).id, OLD);
    }
    const accepted: TaskRecord[] = [];
    const work = contexts.flatMap((contextId) => [
      acceptNew(store, { contextId, messageId: 'new', at: NEW }).then((task) => accepted.push(task)),
      store.accept(sampleAccept({ contextId, messageId: 'old', at: NEW })).then((outcome) => {
        t.match(outcome.type, /^(duplicate|accepted)$/);
        if (outcome.type === 'accepted') accepted.push(outcome.task);
      }),
    ]);
    await Promise.all([
      ...work,
      other.deleteTasks(BEFORE, 3),
      other.deleteSessions(BEFORE, 10),
      store.deleteEvents(BEFORE, 10),
      other.deleteTasks(BEFORE, 10),
      store.deleteSessions(BEFORE, 10),
    ]);
    const sessions = await select(database, 'SELECT session_id, last_position FROM sessions');
    for (const task of accepted) {
      t.same((await store.find(task.id, undefined))?.seq, 1);
      t.ok((await store.sessionMessages(task)).length >= 1, 'the message is in the session that the task belongs to');
    }
    for (const session of sessions) {
      const rows = await select(database, 'SELECT position FROM session_messages WHERE session_id = ?', [session['session_id']]);
      t.equal(rows.length, session['last_position'], 'a session has all its messages or none');
    }
    t.same(await select(database, 'SELECT id FROM leftovers'), []);
  });
});

async function openTwo(openTemp: OpenTemp) {
  const temp = await openTemp();
  const database = await temp.open();
  return { database, store: new SqlTaskStore(database), other: new SqlTaskStore(await temp.open()) };
}

/** Takes and ends a run at `at`, with a tool call, artifacts and messages. */
async function end(store: SqlTaskStore, taskId: string, at: number, artifacts = 1, messages = 1): Promise<TaskRecord> {
  const taken = await store.take(taskId, at);
  if (taken.type !== 'taken') throw new Error(taken.type);
  const outcome = await store.commit(
    sampleCommit(taken.task, 'TASK_STATE_COMPLETED', {
      at,
      toolCalls: [sampleToolCall({ status: 'done', result: { content: 'paid', isError: false } })],
      events: [...Array.from({ length: artifacts }, (_, index) => sampleArtifact(`${index}`)), sampleStatus('TASK_STATE_COMPLETED')],
      messages: Array.from({ length: messages }, (_, index) => sampleMessage(`${index}`)),
    }),
  );
  if (outcome.type !== 'committed') throw new Error(outcome.type);
  return outcome.task;
}

async function follow(t: Test, store: SqlTaskStore, taskId: string, seq: number): Promise<readonly number[]> {
  const feed = createLiveFeed({ store, receiver: new InProcessFeed(), clock: systemClock, log: silentLogger });
  t.teardown(() => feed.close());
  const items: FollowedItem[] = [];
  for await (const item of feed.follow(taskId, { seq, order: 0 }, new AbortController().signal)) items.push(item);
  return items.flatMap((item) => (item.type === 'event' ? [item.event.seq] : []));
}

async function count(database: Database) {
  const tables = ['tasks', 'task_events', 'tool_calls', 'accepted_messages', 'leftovers'] as const;
  const counts = await Promise.all(tables.map((table) => database.read({ sql: `SELECT COUNT(*) AS n FROM ${table}`, parameters: [] })));
  return Object.fromEntries(tables.map((table, index) => [table, counts[index]?.[0]?.n]));
}
