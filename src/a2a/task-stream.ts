/** The frames of one subscriber, from its first Task or its cursor to the end of the task. */
import type { TaskState } from '../protocol/a2a.js';
import { isTerminal } from '../protocol/task-state.js';
import type { FollowedItem } from '../tasks/follower.js';
import type { LiveFeed } from '../tasks/live-feed.js';
import type { Cursor, TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';
import { detachableStream } from './detachable-stream.js';
import { findDirectMessage, showsOutput } from './first-output.js';
import { TaskView } from './project-task.js';
import { type CommittedParts, cursorOf, projectUpdate, resumeUpdates, startUpdates, type UpdateState } from './project-updates.js';
import { readTaskView } from './read-task.js';
import type { StreamFrame } from './stream-frame.js';

export interface TaskStreamDependencies {
  readonly store: TaskStore;
  readonly feed: LiveFeed;
}

export interface TaskStreamOptions {
  /** Bounds the history of the first Task (K1). */
  readonly historyLength?: number;
  /** End when the task asks for input (A15.3). */
  readonly closeOnInputRequired: boolean;
  /** Begin with the first output: it may be a Message, and then there is no Task to begin with (T2). Default false. */
  readonly awaitsOutput?: boolean;
  /** All events of the task so far, where the caller has them. */
  readonly known?: readonly TaskEvent[] | undefined;
}

export type FrameStream = AsyncIterableIterator<StreamFrame, void>;

/** T3, T7: the Task as `record` tells it, then everything after it. Resolves with the first frame at hand (T10). */
export function openFromTask(
  dependencies: TaskStreamDependencies,
  record: TaskRecord,
  signal: AbortSignal,
  options: TaskStreamOptions,
): Promise<FrameStream> {
  const { feed } = dependencies;
  return primed(
    detachableStream(signal, async function* (inner) {
      const view = new TaskView();
      let state: UpdateState | undefined;
      let isShown = options.awaitsOutput !== true;
      for await (const item of feed.follow(record.id, { seq: 0, order: 0 }, inner, { known: options.known })) {
        const isFirst = state === undefined;
        if (state === undefined) {
          if (item.type === 'event') view.apply(item.event);
          isShown ||= showsOutput(item);
          if (view.seq < record.seq || !isShown) continue;
          const message = options.awaitsOutput === true ? findDirectMessage(item) : undefined;
          state = startUpdates(view);
          if (message !== undefined) return yield { response: { message }, cursor: cursorOf(state), epoch: view.epoch };
          yield { response: { task: view.toTask(options.historyLength) }, cursor: cursorOf(state), epoch: view.epoch };
          if (isLast(view.state, options)) return;
        }
        if (isFirst && item.type === 'event') continue;
        const update = await projectUpdate(state, item, committedParts(dependencies, record.id));
        state = update.state;
        yield* update.frames;
        if (endsWith(item, options)) return;
      }
    }),
  );
}

/**
 * R10: exactly what comes after `cursor`. When the previews that the client shows are no longer kept, the Task as it was at the
 * cursor's event comes first: it replaces everything the client holds, and no event after it is left out.
 */
export async function openFromCursor(
  dependencies: TaskStreamDependencies,
  record: TaskRecord,
  cursor: Cursor,
  signal: AbortSignal,
  options: TaskStreamOptions,
): Promise<FrameStream> {
  const { store, feed } = dependencies;
  const [view, kept] = await Promise.all([
    readTaskView(store, record.id, Math.min(cursor.seq, record.seq)),
    cursor.order === 0 ? [] : feed.keptDeltas(record.id, cursor.seq),
  ]);
  // No such place: a cursor of another task, or of a log that was restored from an older backup.
  if (view.seq !== cursor.seq || (view.seq === 0 && cursor.order > 0)) return openFromTask(dependencies, record, signal, options);
  const resumed = resumeUpdates(view, cursor, kept);
  return detachableStream(signal, async function* (inner) {
    let state = resumed ?? startUpdates(view);
    if (resumed === undefined) yield { response: { task: view.toTask() }, cursor: cursorOf(state), epoch: view.epoch };
    for await (const item of feed.follow(record.id, resumed === undefined ? cursorOf(state) : cursor, inner)) {
      const update = await projectUpdate(state, item, committedParts(dependencies, record.id));
      state = update.state;
      yield* update.frames;
      if (endsWith(item, options)) return;
    }
  });
}

function committedParts({ store }: TaskStreamDependencies, taskId: string): CommittedParts {
  return async (artifactId, seq) => (await readTaskView(store, taskId, seq)).partsOf(artifactId);
}

function endsWith(item: FollowedItem, options: TaskStreamOptions): boolean {
  return item.type === 'event' && item.event.type === 'status.changed' && isLast(item.event.status.state, options);
}

/** A15.3: AUTH_REQUIRED keeps a stream open (T12), INPUT_REQUIRED ends those that say so. */
function isLast(state: TaskState, { closeOnInputRequired }: TaskStreamOptions): boolean {
  return isTerminal(state) || (closeOnInputRequired && state === 'TASK_STATE_INPUT_REQUIRED');
}

/** The same stream with its first result already there, so that what fails before it fails the call (T10). */
async function primed(stream: FrameStream): Promise<FrameStream> {
  let first: IteratorResult<StreamFrame, void> | undefined = await stream.next();
  const rest: FrameStream = {
    [Symbol.asyncIterator]: () => rest,
    async next() {
      const result = first ?? (await stream.next());
      first = undefined;
      return result;
    },
    async return() {
      await stream.return?.();
      return { done: true, value: undefined };
    },
  };
  return rest;
}
