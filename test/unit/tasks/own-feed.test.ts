import t from 'tap';
import { silentLogger } from '../../../src/observe/log.js';
import { createLiveFeed } from '../../../src/tasks/live-feed.js';
import { OwnFeed } from '../../../src/tasks/own-feed.js';
import type { TaskEvent } from '../../../src/tasks/task-event.js';
import { InProcessFeed } from '../../support/in-process-feed.js';
import { createSteeredClock } from '../../support/steered-clock.js';

const status = (seq: number, state: 'TASK_STATE_WORKING' | 'TASK_STATE_COMPLETED'): TaskEvent => ({
  ...{ type: 'status.changed', status: { state, timestamp: '' }, taskId: 'task', contextId: 'c', seq, epoch: 1, at: 0 },
});

/** Redis is `far`; what it is told stays on its way until `arrives`. */
function setUp(running: readonly string[]) {
  const far = new InProcessFeed();
  const clock = createSteeredClock();
  const sent: TaskEvent[] = [];
  const publisher = { publishEvents: async (events: readonly TaskEvent[]) => void sent.push(...events), publishDelta: async () => {} };
  const feed = new OwnFeed({ publisher, receiver: far, running: new Set(running), clock, log: silentLogger });
  const seen: string[] = [];
  const listen = () =>
    feed.subscribe(
      'task',
      (item) => seen.push(item.type === 'event' ? `e${item.event.seq}` : `d${item.delta.n}`),
      () => seen.push('gap'),
    );
  return { far, clock, feed, sent, seen, listen };
}

t.test('what was committed here reaches followers here at once, and everybody else through Redis', async (t) => {
  const { far, feed, sent, seen, listen } = setUp(['task']);
  const subscription = await listen();
  void feed.publishEvents([status(2, 'TASK_STATE_WORKING')]);
  t.same(seen, ['e2']);
  t.equal(sent.length, 1);
  subscription.close();
  subscription.close();
  void feed.publishEvents([status(3, 'TASK_STATE_COMPLETED')]);
  t.same([seen, sent.length, far.subscriptions], [['e2'], 2, 0], 'a short run costs Redis no subscription');
});

t.test('a longer run is listened to in Redis as well, and what others told of it before is read', async (t) => {
  const { far, clock, seen, listen } = setUp(['task']);
  const subscription = await listen();
  far.outage = new Error('away');
  await clock.advance(250);
  far.outage = undefined;
  t.same(seen, []);
  await clock.advance(1_000);
  t.same([seen, far.subscriptions], [['gap'], 1], 'tried again after an outage');
  await far.publishEvents([status(3, 'TASK_STATE_COMPLETED')]);
  t.same(seen, ['gap', 'e3']);
  subscription.close();
  t.equal(far.subscriptions, 0);
});

t.test('a run of somebody else is listened to in Redis from the start', async (t) => {
  const { far, feed, seen, listen } = setUp([]);
  const subscription = await listen();
  t.equal(far.subscriptions, 1);
  void feed.publishEvents([status(2, 'TASK_STATE_WORKING')]);
  t.same(seen, ['e2'], 'a cancel, say');
  subscription.close();
  far.outage = new Error('away');
  await t.rejects(listen(), { message: 'away' });
});

t.test('known events are shown without a read while the run is here, and a gap behind them is read (F1)', async (t) => {
  const { far, clock, feed: own } = setUp(['task']);
  const log = [status(1, 'TASK_STATE_WORKING'), status(2, 'TASK_STATE_WORKING'), status(3, 'TASK_STATE_COMPLETED')];
  let reads = 0;
  const store = {
    events: async (_: string, afterSeq: number) => {
      reads += 1;
      return log.filter(({ seq }) => seq > afterSeq);
    },
    sequences: async () => new Map<string, number>(),
  };
  const follow = async (running: ReadonlySet<string>) => {
    const feed = createLiveFeed({ store, receiver: running.size > 0 ? own : far, running, clock, log: silentLogger });
    const items = feed.follow('task', { seq: 0, order: 0 }, new AbortController().signal, { known: log.slice(0, 1) });
    const seen = [(await items.next()).value];
    if (running.size > 0) {
      t.equal(reads, 0, 'nothing was read');
      // The second one came before this follower did.
      void own.publishEvents(log.slice(2));
    }
    for await (const item of items) seen.push(item);
    feed.close();
    return seen.map((item) => (item?.type === 'event' ? item.event.seq : item?.type));
  };
  t.same(await follow(new Set(['task'])), [1, 2, 3]);
  reads = 0;
  t.same(await follow(new Set()), [1, 2, 3], 'of a run that is not here, all is read');
  t.equal(reads, 1);
});
