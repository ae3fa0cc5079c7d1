/** The frames of one subscriber, from its first Task or its cursor to the end of the task. */
import type { DirectSource } from '../base/direct-source.js';
import type { TaskState } from '../protocol/a2a.js';
import { isTerminal } from '../protocol/task-state.js';
import type { FollowedItem } from '../tasks/follower.js';
import type { LiveFeed } from '../tasks/live-feed.js';
import type { Cursor, TaskEvent } from '../tasks/task-event.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';
import { findDirectMessage, showsOutput } from './first-output.js';
import { TaskView } from './project-task.js';
import { type CommittedParts, cursorOf, resumeUpdates, startUpdates } from './project-updates.js';
import { readTaskView } from './read-task.js';
import type { StreamFrame } from './stream-frame.js';
import { type Begin, TaskFrames } from './task-frames.js';

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

/** The first frame of `openFromTask` is there when the stream is (T10). Closing it detaches, it never cancels the task (R6). */
export type FrameStream = DirectSource<StreamFrame>;

/** T3, T7: the Task as `record` tells it, then everything after it. Resolves with the first frame at hand (T10). */
export async function openFromTask(
  dependencies: TaskStreamDependencies,
  record: TaskRecord,
  signal: AbortSignal,
  options: TaskStreamOptions,
): Promise<FrameStream> {
  const frames = new TaskFrames({
    items: dependencies.feed.follow(record.id, { seq: 0, order: 0 }, signal, { known: options.known }),
    begin: beginWithTask(record, options),
    committedParts: committedParts(dependencies, record.id),
    isLast: (item) => endsWith(item, options),
  });
  await frames.prime();
  return frames;
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
  const state = resumed ?? startUpdates(view);
  const asTask: StreamFrame = { response: { task: view.toTask() }, cursor: cursorOf(state), epoch: view.epoch };
  return new TaskFrames({
    items: feed.follow(record.id, resumed === undefined ? cursorOf(state) : cursor, signal),
    state,
    first: resumed === undefined ? [asTask] : [],
    committedParts: committedParts(dependencies, record.id),
    isLast: (item) => endsWith(item, options),
  });
}

/** Folds what was before; the stream begins with the item that makes the Task as `record` tells it, or with the first output. */
function beginWithTask(record: TaskRecord, options: TaskStreamOptions): Begin {
  const view = new TaskView();
  let isShown = options.awaitsOutput !== true;
  return (item) => {
    if (item.type === 'event') view.apply(item.event);
    isShown ||= showsOutput(item);
    if (view.seq < record.seq || !isShown) return undefined;
    const message = options.awaitsOutput === true ? findDirectMessage(item) : undefined;
    const state = startUpdates(view);
    const place = { cursor: cursorOf(state), epoch: view.epoch };
    if (message !== undefined) return { state, frame: { response: { message }, ...place }, isOver: true };
    return { state, frame: { response: { task: view.toTask(options.historyLength) }, ...place }, isOver: isLast(view.state, options) };
  };
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
