import type { JsonObject } from '../base/json.js';
import type { Artifact, Message, TaskStatus } from '../protocol/a2a.js';

/** What happened to a task. Stored as it is; `a2a/project-task.ts` turns it into wire shapes. */
export type TaskEventBody =
  /** Always `seq` 1: the task exists and holds the user's message; its state is SUBMITTED. */
  | {
      readonly type: 'task.created';
      readonly message: Message;
      readonly metadata?: JsonObject;
      readonly acceptedOutputModes?: readonly string[];
    }
  /** A further message of the user to the same task. */
  | { readonly type: 'message.added'; readonly message: Message; readonly acceptedOutputModes?: readonly string[] }
  /** `direct`: its message is the whole answer; SendMessage returns that in place of the task (S1, T2). */
  | { readonly type: 'status.changed'; readonly status: TaskStatus; readonly metadata?: JsonObject; readonly direct?: true }
  /**
   * The whole output of one step for one artifact (R9). `append` says whether earlier steps of the run
   * wrote to the same artifact. Live deltas may have shown the beginning of its text before.
   */
  | {
      readonly type: 'artifact.updated';
      readonly artifact: Artifact;
      readonly append: boolean;
      readonly lastChunk: boolean;
    };

/** One durable entry of a task's log. `seq` is gapless from 1 (R4). */
export type TaskEvent = TaskEventBody & {
  readonly taskId: string;
  readonly contextId: string;
  readonly seq: number;
  /** The epoch under which it was committed (R3); 0 = by the front, before any worker. */
  readonly epoch: number;
  /** Epoch milliseconds. */
  readonly at: number;
};

/**
 * A live preview of an artifact's growth, never in SQL (R9). It stands after the durable event `seq`;
 * `n` grows within `(seq, epoch)` from 1. `order` = epoch × 2^20 + n sorts deltas of one `seq` across takeovers
 * and is the fraction of the SSE cursor `<seq>.<order>`.
 */
export interface TaskDelta {
  readonly taskId: string;
  readonly contextId: string;
  readonly seq: number;
  readonly epoch: number;
  readonly n: number;
  readonly artifactId: string;
  readonly text: string;
}

const EPOCH_FACTOR = 2 ** 20;

export function deltaOrder(delta: Pick<TaskDelta, 'epoch' | 'n'>): number {
  return delta.epoch * EPOCH_FACTOR + delta.n;
}

export function parseDeltaOrder(order: number): { readonly epoch: number; readonly n: number } {
  return { epoch: Math.floor(order / EPOCH_FACTOR), n: order % EPOCH_FACTOR };
}

/** A place in a task's log: after the durable event `seq` and, when `order` > 0, after that delta (R10). */
export interface Cursor {
  readonly seq: number;
  readonly order: number;
}

export function formatCursor(cursor: Cursor): string {
  return cursor.order === 0 ? String(cursor.seq) : `${cursor.seq}.${cursor.order}`;
}

/** Reads `<seq>` or `<seq>.<order>`; anything else gives `undefined`. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,15}))?$/.exec(text.trim());
  if (match === null) return undefined;
  return { seq: Number(match[1]), order: Number(match[2] ?? 0) };
}
