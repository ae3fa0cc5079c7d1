/** What was said in sessions is found again, in every database alike. */
import t from 'tap';
import { RecallIndexer } from '../../src/memory/recall/indexer.js';
import { createMemorySearch } from '../../src/memory/recall/search-recall.js';
import { SqlRecallStore } from '../../src/storage/sql/sql-recall-store.js';
import { SqlSessionStore } from '../../src/storage/sql/sql-session-store.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { embedHashed } from '../support/hashed-embedder.js';
import { acceptNew, sampleCommit, sampleMessage, takeNow } from '../support/run-log-samples.js';
import { createSteeredClock } from '../support/steered-clock.js';
import { forEachDialect, type OpenTemp } from '../support/temp-database.js';
import { branch, start } from './child-runs.js';

const SIGNAL = new AbortController().signal;

const SAID = [
  ['trip', 'I fly to Lisbon in May', 'Noted: Lisbon in May.'],
  ['cat', 'My cat is called Miró and eats only tuna', 'A fine name for a cat!'],
  ['work', 'The invoice of ACME is due on Friday', 'I shall remind you of the invoice.'],
  ['jp', '東京の天気はどうですか', '晴れです'],
] as const;

forEachDialect(t, async (t, createOpenTemp) => {
  await t.test(
    'a message of another session is found by its words, the best first, with all that tells where it is from (MEM-01, MEM-02)',
    async (t) => {
      const rig = await open(createOpenTemp(t));
      const ids = await rig.sayAll('ada');
      await rig.index();
      const [best, ...rest] = await rig.search('what does my cat MIRO eat?');
      t.match(best, { sessionId: ids['cat'], contextId: 'cat', author: 'user', content: 'My cat is called Miró and eats only tuna' });
      t.ok(best !== undefined && best.score > 0.3 && best.score <= 1 && best.createdAt > 0 && best.messageId !== '');
      t.ok(rest.every(({ score }) => score <= (best?.score ?? 0)));
      t.match(await rig.search('天気'), [{ contextId: 'jp', content: '東京の天気はどうですか' }]);
      t.match((await rig.search('the invoice'))[0], { contextId: 'work' });
      t.same(await rig.search('zebra'), []);
      t.same(await rig.search('?!'), []);
      t.equal((await rig.search('cat invoice lisbon', { limit: 2 })).length, 2);
    },
  );

  await t.test('nobody finds what others said, to another agent or for another tenant (MEM-02, SEC-18)', async (t) => {
    const rig = await open(createOpenTemp(t));
    await rig.say({ agent: 'helper', owner: 'eve', contextId: 'cat' }, 'my cat', 'yes');
    await rig.say({ agent: 'other', owner: 'ada', contextId: 'cat' }, 'my cat', 'yes');
    await rig.say({ agent: 'helper', owner: 'ada', contextId: 'cat' }, 'my cat', 'yes', 'acme');
    await rig.index();
    t.same(await rig.search('cat'), []);
    await rig.say({ agent: 'helper', owner: 'ada', contextId: 'cat' }, 'my cat', 'yes');
    await rig.index();
    t.equal((await rig.search('cat')).length, 1);
    await rig.say({ agent: 'helper', owner: 'anonymous', contextId: 'cat' }, 'my cat', 'yes');
    await rig.index();
    const asks = { agent: 'helper', owner: 'anonymous', contextId: 'asks' };
    const { id: taskId } = await acceptNew(rig.tasks, { key: asks, text: 'x' });
    t.same(await rig.search('cat', { taskId }), [], 'callers without credentials are many');
  });

  await t.test('the present session is left out unless asked for; a child asks for its root (MEM-05)', async (t) => {
    const rig = await open(createOpenTemp(t));
    await rig.sayAll('ada');
    const task = await takeNow(rig.tasks, (await acceptNew(rig.tasks, { contextId: 'now', text: 'a cat again' })).id);
    const child = start('a', { agent: 'writer' });
    await branch(rig.tasks as never, task, { starts: [child], says: [] });
    await rig.index();
    t.notOk((await rig.search('cat', { taskId: task.id })).some(({ contextId }) => contextId === 'now'));
    t.ok((await rig.search('cat', { taskId: task.id, includesCurrent: true })).some(({ contextId }) => contextId === 'now'));
    t.same(await rig.search('cat', { taskId: child.taskId }), await rig.search('cat', { taskId: task.id }));
    t.same(await rig.search('cat', { taskId: 'nobody' }), []);
  });

  await t.test('the index built anew gives the same results as the one that grew (MEM-03, MEM-06)', async (t) => {
    for (const embedder of [undefined, embedHashed()]) {
      const rig = await open(createOpenTemp(t), embedder);
      for (const [contextId, question, answer] of SAID) {
        await rig.say({ agent: 'helper', owner: 'ada', contextId }, question, answer);
        await rig.index();
      }
      await rig.say({ agent: 'helper', owner: 'ada', contextId: 'cat' }, 'The cat is five', 'Five years.');
      await rig.index();
      const questions = ['cat', 'Lisbon', 'what is due on friday', '天気', 'five years of cat'];
      const grown = await Promise.all(questions.map((question) => rig.search(question)));
      t.ok(grown.every((found) => found.length > 0));
      await rig.indexer.rebuild(SIGNAL);
      t.same(await Promise.all(questions.map((question) => rig.search(question))), grown);
    }
  });

  await t.test('what leaves its session is not found, at once, and makes room in the index (MEM-03)', async (t) => {
    const rig = await open(createOpenTemp(t));
    const ids = await rig.sayAll('ada');
    const gone = await takeNow(rig.tasks, (await acceptNew(rig.tasks, { contextId: 'cat', text: 'the cat is a dog' })).id);
    await rig.index();
    t.match(await rig.search('dog'), [{ content: 'the cat is a dog' }]);
    await acceptNew(rig.tasks, { contextId: 'cat', text: 'never mind', doubleTexting: 'rollback' });
    t.same(await rig.search('dog'), [], 'rolled back');
    await rig.index();
    t.equal(await rig.rows(`task_id = '${gone.id}'`), 0);
    t.same(await rig.sessions.deleteSession(ids['work'] ?? '', 'ada'), { type: 'deleted' });
    t.same(await rig.search('invoice'), []);
    t.equal(await rig.rows(`session_id = '${ids['work']}'`), 0);
  });

  await t.test('a message that was consumed leaves the index, and no keeper that is behind puts it back (MEM-03, GRD-01)', async (t) => {
    const rig = await open(createOpenTemp(t));
    const key = { agent: 'helper', owner: 'ada', contextId: 'refused' };
    await rig.say({ ...key, contextId: 'other' }, 'a zebra', 'yes');
    const task = await takeNow(rig.tasks, (await acceptNew(rig.tasks, { key, text: 'ignore the zebra' })).id);
    const late = (await rig.recall.walk('words-1', undefined, 100)).sessions.find(({ sessionId }) => sessionId === task.id);
    if (late === undefined) throw new Error('not behind');
    await rig.index();
    t.equal((await rig.search('zebra')).length, 2, 'nobody has refused it yet');
    const [accepted] = await rig.recall.unread(late, 0, 1);
    const consumes = { ...sampleMessage(''), role: 'tool', parts: [], consumes: [accepted?.message.id ?? ''] } as const;
    await rig.tasks.commit(sampleCommit(task, 'TASK_STATE_REJECTED', { messages: [consumes] }));
    await rig.index();
    const position = accepted?.position ?? 0;
    const entries = [{ turn: accepted?.turn ?? 0, position, taskId: task.id, createdAt: 1, words: ['xxzebra'] }];
    await rig.recall.write({ session: late, entries, consumed: [], upToPosition: position, fingerprint: 'words-1' });
    const left = async () => [await rig.rows(`task_id = '${task.id}'`), (await rig.search('zebra')).map(({ contextId }) => contextId)];
    t.same(await left(), [0, ['other']]);
    await rig.indexer.rebuild(SIGNAL);
    t.same(await left(), [0, ['other']]);
  });

  await t.test('a session that is deleted while it is read does not come back into the index', async (t) => {
    const rig = await open(createOpenTemp(t));
    const ids = await rig.sayAll('ada');
    const { sessions } = await rig.recall.walk('words-1', undefined, 100);
    const behind = sessions.find(({ sessionId }) => sessionId === ids['cat']);
    if (behind === undefined) throw new Error('not behind');
    await rig.sessions.deleteSession(behind.sessionId, 'ada');
    const entry = { turn: 1, position: 1, taskId: behind.sessionId, createdAt: 1, words: ['xxcat'] };
    await rig.recall.write({ session: behind, entries: [entry], consumed: [], upToPosition: 1, fingerprint: 'words-1' });
    t.equal(await rig.rows(`session_id = '${behind.sessionId}'`), 0);
  });

  await t.test('by meaning each message is embedded once, and another embedder makes the index anew (MEM-01, MEM-04, W-96)', async (t) => {
    const embedder = embedHashed();
    const rig = await open(createOpenTemp(t), embedder);
    await rig.sayAll('ada');
    await rig.index();
    await rig.say({ agent: 'helper', owner: 'ada', contextId: 'cat' }, 'The cat is five', 'Five years.');
    await rig.index();
    t.same([embedder.documents(), await rig.rows('vector IS NOT NULL')], [10, 10]);
    t.match((await rig.search('my cat'))[0], { contextId: 'cat' });
    const words = new RecallIndexer({ store: rig.recall, clock: rig.clock });
    await words.round(SIGNAL);
    t.same([await rig.rows('vector IS NULL'), await rig.rows('vector IS NOT NULL')], [11, 0], 'with the question of the search');
  });

  await t.test('two keepers that index at once leave each message once', async (t) => {
    const rig = await open(createOpenTemp(t));
    await rig.sayAll('ada');
    const second = new RecallIndexer({ store: rig.recall, clock: rig.clock });
    await Promise.all([rig.indexer.round(SIGNAL), second.round(SIGNAL)]);
    t.equal(await rig.rows('1 = 1'), 8);
  });
});

type Key = { readonly agent: string; readonly owner: string; readonly contextId: string };

async function open(openTemp: OpenTemp, embedder?: ReturnType<typeof embedHashed>) {
  const database = await (await openTemp()).open();
  const [tasks, sessions, recall, clock] = [
    new SqlTaskStore(database),
    new SqlSessionStore(database),
    new SqlRecallStore(database),
    createSteeredClock(Date.now()),
  ];
  const indexer = new RecallIndexer({ store: recall, embedder, clock });
  const memory = createMemorySearch({ store: recall, embedder });
  const say = async (key: Key, question: string, answer: string, tenant = '') => {
    const task = await takeNow(tasks, (await acceptNew(tasks, { key, text: question, tenant })).id);
    await tasks.commit(sampleCommit(task, 'TASK_STATE_COMPLETED', { messages: [sampleMessage(answer)] }));
    return task.id;
  };
  return {
    ...{ tasks, sessions, recall, indexer, clock, say },
    async sayAll(owner: string): Promise<Record<string, string>> {
      const ids: Record<string, string> = {};
      for (const [contextId, question, answer] of SAID) ids[contextId] = await say({ agent: 'helper', owner, contextId }, question, answer);
      return ids;
    },
    /** Until nothing is left to do. */
    async index() {
      await clock.advance(60_000);
      while ((await indexer.round(SIGNAL)) > 0) await clock.advance(60_000);
    },
    async search(question: string, options: { taskId?: string; limit?: number; includesCurrent?: boolean } = {}) {
      const { taskId = (await acceptNew(tasks, { contextId: 'asks', text: 'x' })).id, limit = 10, includesCurrent = false } = options;
      return await memory.search(question, { taskId, limit, includesCurrent }, SIGNAL);
    },
    async rows(where: string) {
      const [row] = await database.read({ sql: `SELECT COUNT(*) AS n FROM recall_messages WHERE ${where}`, parameters: [] });
      return Number(row?.['n']);
    },
  };
}
