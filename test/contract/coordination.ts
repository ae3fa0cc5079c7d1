/** What every implementation of `tasks/coordination.ts` must do. Each rig stands for one process of several. */
import type { Test } from 'tap';
import type { CancelSignals, FeedPublisher, FeedReceiver, LeaseManager } from '../../src/tasks/coordination.js';
import { delta, event, follow, getLease, untilKnown, waitFor } from '../support/coordination-steps.js';

export interface CoordinationProcess {
  readonly leases: LeaseManager;
  readonly publisher: FeedPublisher;
  readonly receiver: FeedReceiver;
  readonly cancels: CancelSignals;
  /** Vanishes as if killed: its leases are neither renewed nor released. */
  die(): void;
}

export interface CoordinationRig {
  /** Time to live of a lease, milliseconds. */
  readonly leaseMs: number;
  /** A new process on the same store, disposed of with the test. */
  start(t: Test): Promise<CoordinationProcess>;
  /** The store loses all that it had. */
  forget(): Promise<void>;
}

export function testCoordination(t: Test, name: string, openRig: (t: Test) => Promise<CoordinationRig>): void {
  t.test(`${name}: one holder at a time; the second is told how long, and gets the task when it is released (R3)`, async (t) => {
    const rig = await openRig(t);
    const [first, second] = [await rig.start(t), await rig.start(t)];
    const lease = await getLease(first.leases, 'task');
    const refused = await second.leases.acquire('task');
    t.equal(refused.type, 'held');
    t.ok(refused.type === 'held' && refused.remainingMs > 0 && refused.remainingMs <= rig.leaseMs);
    t.equal((await first.leases.acquire('task')).type, 'held', 'also within one process');
    t.equal(lease.lost.aborted, false);
    await lease.release();
    await lease.release();
    await getLease(second.leases, 'task');
    await lease.release();
    await untilKnown(first.leases);
    t.same([...(await first.leases.held(['task', 'other']))], ['task'], 'releasing again does not take it from the next holder');
  });

  t.test(`${name}: a lease is renewed for as long as it is held`, async (t) => {
    const rig = await openRig(t);
    const [first, second] = [await rig.start(t), await rig.start(t)];
    const lease = await getLease(first.leases, 'task');
    const until = performance.now() + rig.leaseMs * 2.5;
    while (performance.now() < until) {
      t.equal((await second.leases.acquire('task')).type, 'held');
      await new Promise((resolve) => setTimeout(resolve, rig.leaseMs / 4));
    }
    t.equal(lease.lost.aborted, false);
  });

  t.test(`${name}: when leases are forgotten, every task is held until its holder could have said so again (L4)`, async (t) => {
    const rig = await openRig(t);
    const [first, second, third] = [await rig.start(t), await rig.start(t), await rig.start(t)];
    const lease = await getLease(first.leases, 'live');
    await getLease(third.leases, 'dead');
    await untilKnown(second.leases);
    third.die();
    await rig.forget();
    const forgotten = performance.now();
    t.same([...(await second.leases.held(['live', 'dead']))], ['live', 'dead']);
    await waitFor(async () => !(await second.leases.held(['dead'])).has('dead'));
    t.ok(performance.now() - forgotten > rig.leaseMs - 50);
    t.same([...(await second.leases.held(['live', 'dead']))], ['live'], 'renewed meanwhile');
    t.equal(lease.lost.aborted, false);
  });

  t.test(`${name}: the task of a dead process is free after at most one lease time (recovery times)`, async (t) => {
    const rig = await openRig(t);
    const [first, second] = [await rig.start(t), await rig.start(t)];
    await getLease(first.leases, 'task');
    const died = performance.now();
    first.die();
    let outcome = await second.leases.acquire('task');
    while (outcome.type === 'held') {
      await new Promise((resolve) => setTimeout(resolve, 20));
      outcome = await second.leases.acquire('task');
    }
    t.ok(performance.now() - died < rig.leaseMs + 250, `took ${Math.round(performance.now() - died)} ms`);
  });

  t.test(`${name}: closing releases everything and takes nothing new`, async (t) => {
    const rig = await openRig(t);
    const [first, second] = [await rig.start(t), await rig.start(t)];
    await getLease(first.leases, 'one');
    await getLease(first.leases, 'two');
    await untilKnown(second.leases);
    t.same([...(await second.leases.held(['one', 'two', 'three']))], ['one', 'two']);
    await first.leases.close();
    t.equal((await second.leases.held(['one', 'two'])).size, 0);
    await t.rejects(first.leases.acquire('one'), { code: 'STEP_ABORTED' });
  });

  t.test(`${name}: followers in several processes see the same items in the order of publishing (R4)`, async (t) => {
    const rig = await openRig(t);
    const [worker, front, otherFront] = [await rig.start(t), await rig.start(t), await rig.start(t)];
    const followers = [
      await follow(front.receiver, 'task'),
      await follow(front.receiver, 'task'),
      await follow(otherFront.receiver, 'task'),
    ];
    const expected: string[] = [];
    for (let seq = 1; seq <= 300; seq += 3) {
      void worker.publisher.publishEvents([event('task', seq), event('task', seq + 1), event('elsewhere', seq), event('task', seq + 2)]);
      void worker.publisher.publishDelta(delta('task', { seq: seq + 2, n: 1 }));
      void worker.publisher.publishDelta(delta('task', { seq: seq + 2, n: 2 }));
      expected.push(`${seq}`, `${seq + 1}`, `${seq + 2}`, `${seq + 2}.1`, `${seq + 2}.2`);
    }
    for (const follower of followers) {
      await follower.until(expected.length);
      t.same(follower.places(), expected);
      t.equal(follower.gaps(), 0);
    }
  });

  t.test(`${name}: what is published after subscribe() resolves arrives; after close() nothing does`, async (t) => {
    const rig = await openRig(t);
    const process = await rig.start(t);
    const staying = await follow(process.receiver, 'task');
    const leaving = await follow(process.receiver, 'task');
    await process.publisher.publishEvents([event('task', 1)]);
    await leaving.until(1);
    leaving.close();
    leaving.close();
    await process.publisher.publishEvents([event('task', 2)]);
    await staying.until(2);
    t.same(leaving.places(), ['1']);
    staying.close();
    const again = await follow(process.receiver, 'task');
    await process.publisher.publishEvents([event('task', 3)]);
    await again.until(1);
    t.same(again.places(), ['3']);
    t.same(staying.places(), ['1', '2']);
  });

  t.test(`${name}: kept deltas come back whole and in order, only those after the given event (R9, R10)`, async (t) => {
    const rig = await openRig(t);
    const [worker, front] = [await rig.start(t), await rig.start(t)];
    const follower = await follow(front.receiver, 'task');
    const sent = [delta('task', { seq: 2, n: 1 }), delta('task', { seq: 2, n: 2 }), delta('task', { seq: 2, n: 3 })];
    for (const item of sent) await worker.publisher.publishDelta(item);
    await follower.until(3);
    t.same(await front.receiver.deltas('task', 2), sent);
    t.same(await front.receiver.deltas('task', 1), []);
    t.same(await front.receiver.deltas('nothing', 2), []);
  });

  t.test(`${name}: a committed event retires the previews before it (R9)`, async (t) => {
    const rig = await openRig(t);
    const process = await rig.start(t);
    const follower = await follow(process.receiver, 'task');
    await process.publisher.publishDelta(delta('task', { seq: 2, n: 1 }));
    await process.publisher.publishEvents([event('task', 3)]);
    await process.publisher.publishDelta(delta('task', { seq: 3, n: 1 }));
    await follower.until(3);
    t.same(await process.receiver.deltas('task', 2), []);
    t.equal((await process.receiver.deltas('task', 3)).length, 1);
  });

  t.test(`${name}: a zombie's deltas are neither kept nor shown (R3, R9)`, async (t) => {
    const rig = await openRig(t);
    const [zombie, worker, front] = [await rig.start(t), await rig.start(t), await rig.start(t)];
    const follower = await follow(front.receiver, 'task');
    await zombie.publisher.publishDelta(delta('task', { seq: 2, epoch: 1, n: 1 }));
    await follower.until(1);
    await worker.publisher.publishDelta(delta('task', { seq: 2, epoch: 2, n: 1 }));
    await follower.until(2);
    // One publisher keeps one order: when the marker has come, the delta before it was dealt with.
    const markers = await follow(front.receiver, 'marker');
    await zombie.publisher.publishDelta(delta('task', { seq: 2, epoch: 1, n: 2 }));
    await zombie.publisher.publishEvents([event('marker', 1)]);
    await markers.until(1);
    await worker.publisher.publishEvents([event('task', 3)]);
    await follower.until(3);
    await zombie.publisher.publishDelta(delta('task', { seq: 2, epoch: 1, n: 3 }));
    await zombie.publisher.publishEvents([event('marker', 2)]);
    await markers.until(2);
    await worker.publisher.publishDelta(delta('task', { seq: 3, epoch: 2, n: 1 }));
    await follower.until(4);
    t.same(follower.places(), ['2.1', '2.1', '3', '3.1']);
    t.same(follower.epochs(), [1, 2, 1, 2]);
    t.same(await front.receiver.deltas('task', 2), []);
  });

  t.test(`${name}: a cancel reaches every listening process (R6)`, async (t) => {
    const rig = await openRig(t);
    const [front, worker, otherWorker] = [await rig.start(t), await rig.start(t), await rig.start(t)];
    const seen: string[] = [];
    const gone = await worker.cancels.listen(() => seen.push('closed listener'));
    gone.close();
    const both = Promise.all(
      [worker, otherWorker].map(
        (one) => new Promise<void>((resolve) => void one.cancels.listen((taskId) => resolve(void seen.push(taskId)))),
      ),
    );
    const ready = await worker.cancels.listen(() => undefined);
    const otherReady = await otherWorker.cancels.listen(() => undefined);
    await front.cancels.announce('task');
    await both;
    t.same(seen, ['task', 'task']);
    ready.close();
    otherReady.close();
  });
}
