import type { TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';

/**
 * A run's events up to its last commit, oldest first. A child's own log has its messages and statuses. What it put out is in
 * the log of its root, among what its siblings did: behind its own log comes all of that since it began.
 */
export async function readRunEvents(store: Pick<TaskStore, 'events'>, task: TaskRecord): Promise<readonly TaskEvent[]> {
  const own = await readEvents(store, task.id, 0, task.seq);
  if (task.child === undefined) return own;
  const { rootId, rootSeq } = task.child;
  const ofRoot = await readEvents(store, rootId, rootSeq, Number.POSITIVE_INFINITY);
  return [...own, ...ofRoot.filter(({ type }) => type === 'artifact.updated')];
}

async function readEvents(store: Pick<TaskStore, 'events'>, id: string, afterSeq: number, upToSeq: number): Promise<readonly TaskEvent[]> {
  const all: TaskEvent[] = [];
  for (;;) {
    const after = all.at(-1)?.seq ?? afterSeq;
    const events = after >= upToSeq ? [] : await store.events(id, after, Math.min(EVENTS_PER_READ, upToSeq - after));
    if (events.length === 0) return all;
    for (const event of events) all.push(event);
  }
}

const EVENTS_PER_READ = 1_000;
