/** What tests of leases and the live feed do again and again. */
import { once } from 'node:events';
import type { FeedItem, FeedReceiver, LeaseManager, TaskLease } from '../../src/tasks/coordination.js';
import type { TaskDelta, TaskEvent } from '../../src/tasks/task-event.js';

export async function getLease(leases: LeaseManager, taskId: string): Promise<TaskLease> {
  const outcome = await leases.acquire(taskId);
  if (outcome.type !== 'acquired') throw new Error(`${taskId} is held for ${outcome.remainingMs} ms`);
  return outcome.lease;
}

/** A store that is new, or has just lost its memory, answers `held` with everything for one lease time (L4 of `lease-manager.ts`). */
export async function untilKnown(leases: LeaseManager): Promise<void> {
  await waitFor(async () => !(await leases.held(['nobody'])).has('nobody'), 60_000);
}

export interface Follower {
  readonly items: readonly FeedItem[];
  /** `<seq>` or `<seq>.<n>` of each item. */
  places(): string[];
  epochs(): number[];
  gaps(): number;
  /** Resolves when so many items have come. */
  until(count: number): Promise<void>;
  untilGaps(count: number): Promise<void>;
  close(): void;
}

export async function follow(receiver: FeedReceiver, taskId: string): Promise<Follower> {
  const items: FeedItem[] = [];
  const changed = new EventTarget();
  let gaps = 0;
  const tell = () => changed.dispatchEvent(new Event('change'));
  const subscription = await receiver.subscribe(
    taskId,
    (item) => {
      items.push(item);
      tell();
    },
    () => {
      gaps += 1;
      tell();
    },
  );
  const until = async (isDone: () => boolean, wanted: string) => {
    const signal = AbortSignal.timeout(10_000);
    while (!isDone()) {
      await once(changed, 'change', { signal }).catch((cause) => {
        throw new Error(`waited in vain for ${wanted}; got ${items.length} items, ${gaps} gaps`, { cause });
      });
    }
  };
  return {
    items,
    places: () => items.map((item) => (item.type === 'event' ? `${item.event.seq}` : `${item.delta.seq}.${item.delta.n}`)),
    epochs: () => items.map((item) => (item.type === 'event' ? item.event.epoch : item.delta.epoch)),
    gaps: () => gaps,
    until: (count) => until(() => items.length >= count, `${count} items`),
    untilGaps: (count) => until(() => gaps >= count, `${count} gaps`),
    close: () => subscription.close(),
  };
}

export function event(taskId: string, seq: number, state: 'TASK_STATE_WORKING' | 'TASK_STATE_COMPLETED' = 'TASK_STATE_WORKING'): TaskEvent {
  return {
    type: 'status.changed',
    status: { state, timestamp: '2026-01-01T00:00:00.000Z' },
    taskId,
    contextId: 'context',
    seq,
    epoch: 1,
    at: 1,
  };
}

export function delta(taskId: string, place: { seq: number; n: number; epoch?: number; text?: string }): TaskDelta {
  return { taskId, contextId: 'context', epoch: 1, artifactId: 'artifact', text: `word ${place.n} `, ...place };
}

/** For conditions that announce themselves by nothing. */
export async function waitFor(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
