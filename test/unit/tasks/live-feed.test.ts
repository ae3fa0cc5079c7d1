import t from 'tap';
import { silentLogger } from '../../../src/observe/log.js';
import type { FollowedItem } from '../../../src/tasks/follower.js';
import { createLiveFeed } from '../../../src/tasks/live-feed.js';
import { InMemoryTaskStore } from '../../support/in-memory-task-store.js';
import { InProcessFeed } from '../../support/in-process-feed.js';
import { createSteeredClock } from '../../support/steered-clock.js';
import { artifact, status, takeTask } from '../../support/test-worker.js';

const START = { seq: 0, order: 0 };

async function setUp(t: { teardown(run: () => void): unknown }) {
  const store = new InMemoryTaskStore();
  const live = new InProcessFeed();
  const clock = createSteeredClock();
  const feed = createLiveFeed({ store, receiver: live, clock, log: silentLogger });
  t.teardown(() => feed.close());
  const accepted = await store.accept({
    newTaskId: 'task',
    key: { agent: 'helper', owner: 'local', contextId: 'context' },
    tenant: '',
    configVersion: 'v',
    traceparent: '',
    message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'q' }] },
    sessionMessage: { id: 'm', role: 'user', author: 'user', parts: [], createdAt: 0 },
    dedupeKey: 'm',
    messageHash: 'h',
    at: 0,
  });
  if (accepted.type !== 'accepted') throw new Error(accepted.type);
  const controller = new AbortController();
  const follow = (from = START, previews = true) => feed.follow('task', from, controller.signal, { previews });
  return { store, live, clock, feed, controller, follow, take: () => takeTask(store, live, 'task') };
}

const label = (item: FollowedItem) =>
  item.type === 'event'
    ? `e${item.event.seq}`
    : item.type === 'delta'
      ? `d${item.delta.seq}.${item.delta.n}`
      : `k${item.seq}.${item.deltas.map(({ n }) => n).join()}`;

async function pull(items: AsyncIterableIterator<FollowedItem>, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const { done, value } = await items.next();
    if (done === true) return [...seen, 'end'];
    seen.push(label(value));
  }
  return seen;
}

t.test('a follower gets the log, then what is kept, then live items, and ends with the task (R4, R5)', async (t) => {
  const { follow, take } = await setUp(t);
  const run = await take();
  await run.preview('a');
  await run.preview('b');
  const items = follow();
  t.same(await pull(items, 3), ['e1', 'e2', 'k2.1,2']);
  await run.preview('c');
  await run.finish('abc');
  t.same(await pull(items, 9), ['d2.3', 'e3', 'e4', 'end']);
});

t.test('following from a cursor skips what lies before it (R10)', async (t) => {
  const { follow, take } = await setUp(t);
  const run = await take();
  await run.preview('a');
  const items = follow({ seq: 2, order: 2 ** 20 + 1 });
  const next = pull(items, 1);
  await run.preview('b');
  t.same(await next, ['k2.1,2'], 'the delta after the cursor, with those before it');
  t.same(await Promise.all([pull(follow({ seq: 1, order: 0 }), 1), run.finish('ab')]).then(([seen]) => seen), ['e2']);
});

t.test('a lost event is read from SQL as soon as a later one shows the gap (R4)', async (t) => {
  const { follow, live, take } = await setUp(t);
  const items = follow();
  t.same(await pull(items, 1), ['e1']);
  live.loses = (item) => item.type === 'event' && item.event.seq === 2;
  const run = await take();
  await run.finish('a');
  t.same(await pull(items, 9), ['e2', 'e3', 'e4', 'end']);
});

t.test('a lost event with silence after it is found by the ticker within a second (R4)', async (t) => {
  const { follow, live, clock, store, take } = await setUp(t);
  const items = follow();
  t.same(await pull(items, 1), ['e1']);
  const next = pull(items, 1);
  live.loses = () => true;
  await take();
  await clock.advance(1000);
  t.same(await next, ['e2']);
  const { sequences } = store.calls;
  await clock.advance(1000);
  t.equal(store.calls.sequences, sequences + 1, 'one query per tick');
});

t.test('an event that was never announced reaches a waiting follower, whoever else has read it from SQL (R4)', async (t) => {
  const { live, clock, follow, take } = await setUp(t);
  const run = await take();
  const waiting = follow();
  t.same(await pull(waiting, 2), ['e1', 'e2']);
  const next = pull(waiting, 1);
  // Its worker died between commit and announcement.
  live.loses = () => true;
  await run.commit({ state: 'TASK_STATE_COMPLETED', events: [status('TASK_STATE_COMPLETED')] });
  t.same(await pull(follow(), 4), ['e1', 'e2', 'e3', 'end']);
  await clock.advance(2_000);
  t.same(await next, ['e3']);
});

t.test('lost deltas are fetched again, all that are kept (R9)', async (t) => {
  const { follow, live, clock, take } = await setUp(t);
  const run = await take();
  const items = follow();
  t.same(await pull(items, 2), ['e1', 'e2']);
  const next = pull(items, 1);
  await clock.advance(0);
  live.loses = (item) => item.type === 'delta' && item.delta.n < 3;
  await run.preview('a');
  await run.preview('b');
  await run.preview('c');
  t.same(await next, ['k2.1,2,3']);
});

t.test('deltas that are gone for good leave a gap and cost one look, not one per delta', async (t) => {
  const { follow, live, clock, store, take } = await setUp(t);
  const run = await take();
  const items = follow();
  t.same(await pull(items, 2), ['e1', 'e2']);
  live.loses = (item) => item.type === 'delta' && item.delta.n < 3;
  const next = pull(items, 3);
  await clock.advance(0);
  await run.preview('a');
  await run.preview('b');
  live.forget('task');
  const reads = store.calls.events;
  // Nothing is kept any more, as after a FLUSHALL.
  const forget = live.publishDelta.bind(live);
  live.publishDelta = async (delta) => {
    const published = forget(delta);
    live.forget('task');
    await published;
  };
  for (const text of ['c', 'd', 'e']) await run.preview(text);
  t.same(await next, ['d2.3', 'd2.4', 'd2.5']);
  t.equal(store.calls.events, reads + 1);
});

t.test('without Redis the events still arrive, and live items once it is back (R4)', async (t) => {
  const { follow, live, clock, take } = await setUp(t);
  live.outage = new Error('down');
  const items = follow();
  t.same(await pull(items, 1), ['e1']);
  const next = pull(items, 1);
  const run = await take();
  await clock.advance(1000);
  t.same(await next, ['e2']);
  live.outage = undefined;
  await clock.advance(1000);
  t.equal(live.subscriptions, 1);
  const live1 = pull(items, 1);
  await run.preview('a');
  t.match(await live1, [/^[dk]2\.1$/]);
});

t.test('a subscription that hangs delays nobody for more than half a second', async (t) => {
  const { follow, live, clock } = await setUp(t);
  const subscribe = live.subscribe.bind(live);
  let release = () => {};
  live.subscribe = async (...parameters) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return subscribe(...parameters);
  };
  const items = follow();
  const next = pull(items, 1);
  await clock.advance(500);
  t.same(await next, ['e1']);
  release();
});

t.test('a broken Redis connection makes followers read again', async (t) => {
  const { follow, live, take } = await setUp(t);
  const items = follow();
  t.same(await pull(items, 1), ['e1']);
  live.loses = () => true;
  const run = await take();
  await run.preview('a');
  live.gap();
  t.same(await pull(items, 2), ['e2', 'k2.1']);
});

t.test('a follower that does not pull holds a bounded queue and catches up by cursor (ARCHITECTURE §7)', async (t) => {
  const { follow, live, clock, take } = await setUp(t);
  const run = await take();
  const slow = follow();
  t.same(await pull(slow, 2), ['e1', 'e2']);
  const fast = follow({ seq: 2, order: 0 });
  const seen = pull(fast, 3);
  t.teardown(() => void slow.return?.());
  const waiting = slow.next();
  await clock.advance(0);
  const text = 'x'.repeat(30_000);
  for (let count = 0; count < 3; count++) await run.preview(text);
  t.same(await seen, ['d2.1', 'd2.2', 'd2.3'], 'one slow reader does not slow another (T6)');
  t.same(label((await waiting).value as FollowedItem), 'd2.1', 'it takes one and then pauses');
  for (let count = 0; count < 3; count++) await run.preview(text);
  t.same(await pull(slow, 1), ['k2.1,2,3,4,5,6'], 'what is left does not fit: dropped, then read again');
  for (let count = 0; count < 600; count++) await run.preview('y');
  t.match(await pull(slow, 1), [/^k2\.1,/], 'neither do 600 items');
  await run.finish('all of it');
  t.same(await pull(slow, 3), ['e3', 'e4', 'end']);
  live.forget('task');
});

t.test('followers of one task share one subscription; the last one closes it (T6)', async (t) => {
  const { follow, feed, live, clock } = await setUp(t);
  const followers = Array.from({ length: 50 }, () => follow());
  for (const items of followers) t.same(await pull(items, 1), ['e1']);
  t.equal(live.subscriptions, 1);
  for (const items of followers) await items.return?.();
  t.equal(live.subscriptions, 0);
  t.equal(feed.size, 0);
  t.equal(clock.pending(), 0, 'no timer is left');
});

t.test('closing ends a pull that waits (R6)', async (t) => {
  const { follow, controller, feed, live } = await setUp(t);
  const byReturn = follow();
  t.same(await pull(byReturn, 1), ['e1']);
  const waiting = byReturn.next();
  await byReturn.return?.();
  t.same(await waiting, { done: true, value: undefined });

  const bySignal = follow();
  t.same(await pull(bySignal, 1), ['e1']);
  const pending = bySignal.next();
  controller.abort();
  t.same(await pending, { done: true, value: undefined });
  t.same(await pull(follow(), 1), ['end'], 'an aborted signal follows nothing');
  t.equal(feed.size, 0);
  t.equal(live.subscriptions, 0);
});

t.test('a database that fails ends the follower with the error', async (t) => {
  const { follow, store, feed } = await setUp(t);
  store.outage = new Error('database down');
  await t.rejects(follow().next(), { message: 'database down' });
  t.equal(feed.size, 0);
});

t.test('without previews only events are followed', async (t) => {
  const { follow, take } = await setUp(t);
  const run = await take();
  const items = follow(START, false);
  t.same(await pull(items, 2), ['e1', 'e2']);
  await run.preview('a');
  await run.commit({ events: [artifact([{ text: 'a' }], { lastChunk: false })] });
  await run.commit({ state: 'TASK_STATE_COMPLETED', events: [status('TASK_STATE_COMPLETED')] });
  t.same(await pull(items, 9), ['e3', 'e4', 'end']);
});

t.test('a log longer than one read is replayed whole, in order (R4)', async (t) => {
  const { follow, take } = await setUp(t);
  const run = await take();
  for (let count = 0; count < 130; count++)
    await run.commit({ events: [artifact([{ text: 'x' }], { append: count > 0, lastChunk: false })] });
  await run.rest('TASK_STATE_COMPLETED');
  const seen = await pull(follow(), 1000);
  t.same(seen, [...Array.from({ length: 133 }, (_, index) => `e${index + 1}`), 'end']);
});
