/** Defects built in on purpose. A simulator that does not find one of them proves nothing by finding nothing else. */
import { newId } from '../../src/base/ids.js';
import type { LeaseManager } from '../../src/tasks/coordination.js';
import type { TaskEvent } from '../../src/tasks/task-event.js';
import type { Mutant, RunLog } from './world/world.js';

export const MUTANTS = {
  /** A worker that lost its task commits all the same (R3). */
  'the fence is not checked': {
    store: (store) =>
      changed(store, {
        async commit(commit) {
          const task = await store.find(commit.taskId, undefined);
          return store.commit({ ...commit, epoch: task?.epoch ?? commit.epoch, step: task?.step ?? commit.step });
        },
      }),
  },
  /** Followers hear of events before the log has them. */
  'events are published before the commit': {
    store: (store, { publisher }) =>
      changed(store, {
        async commit(commit) {
          const task = await store.find(commit.taskId, undefined);
          if (task !== undefined) {
            const { id: taskId, contextId, seq, epoch } = task;
            const place = (index: number) => ({ taskId, contextId, seq: seq + index + 1, epoch, at: commit.at });
            await publisher.publishEvents(commit.events.map((body, index): TaskEvent => ({ ...body, ...place(index) })));
          }
          return store.commit(commit);
        },
      }),
  },
  /** A message that is sent again is a new one (R11). */
  'messages are not deduplicated': {
    store: (store) => changed(store, { accept: (input) => store.accept({ ...input, dedupeKey: newId() }) }),
  },
  /** A crash between commit and enqueue is repaired by nobody. */
  'nobody sweeps': { withoutSweep: true },
  /** A step sees what later runs of its session have to answer (R8). */
  'a step reads ahead in its session': {
    store: (store) => changed(store, { sessionMessages: (key) => store.sessionMessages(key) }),
  },
  /** Tells clients what is not so (R6). */
  'a cancel that was refused is reported as done': {
    store: (store) =>
      changed(store, {
        async cancel(...parameters) {
          const outcome = await store.cancel(...parameters);
          return outcome.type === 'terminal'
            ? { type: 'already-canceled', task: { ...outcome.task, state: 'TASK_STATE_CANCELED' } }
            : outcome;
        },
      }),
  },
  /** A crash between intent and result is not noticed, and the call is made again (R7). */
  'intents are not recorded': {
    store: (store) =>
      changed(store, {
        record: async (record) => {
          const toolCalls = record.toolCalls.filter(({ status }) => status !== 'intended');
          return toolCalls.length === 0 ? 'recorded' : store.record({ ...record, toolCalls });
        },
      }),
  },
  /** A call whose outcome nobody knows looks like one that never began (R7). */
  'intents are not read': {
    store: (store) =>
      changed(store, {
        toolCalls: async (...parameters) => (await store.toolCalls(...parameters)).filter(({ status }) => status !== 'intended'),
      }),
  },
  /** A branch that is lost on the way back. */
  'a join does not see all branches': {
    store: (store) => changed(store, { children: async (id, messagesOf) => (await store.children(id, messagesOf)).slice(1) }),
  },
  /** Branches that begin twice. */
  'a branch is begun twice': {
    store: (store) =>
      changed(store, {
        commit: (commit) => {
          const starts = commit.branch?.starts ?? [];
          const twice = starts.flatMap((start) => [start, { ...start, taskId: newId() }]);
          return store.commit(commit.branch === undefined ? commit : { ...commit, branch: { ...commit.branch, starts: twice } });
        },
      }),
  },
} as const satisfies Readonly<Record<string, Mutant>>;

/** Not a defect: the epoch alone keeps runs safe (R3). Without leases everything must still hold, only slower. */
export const WITHOUT_LEASES: Mutant = {
  leases: (leases): LeaseManager => ({
    acquire: async (taskId) => ({
      type: 'acquired',
      lease: { taskId, lost: new AbortController().signal, release: async () => {} },
    }),
    held: async () => new Set(),
    close: () => leases.close(),
  }),
};

function changed(store: RunLog, changes: Partial<RunLog>): RunLog {
  return new Proxy(store, {
    get(target, name) {
      const found = (changes as Record<PropertyKey, unknown>)[name] ?? (target as unknown as Record<PropertyKey, unknown>)[name];
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}
