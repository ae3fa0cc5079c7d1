/**
 * Runs below another run (ARCHITECTURE §5: parallel branches are steps with their own lease and a join row in SQL): where they hang,
 * and how they begin. `root` is the run that a client started; everything below it ends with it.
 */
import type { JsonObject } from '../base/json.js';
import type { SessionMessage } from './session-message.js';
import type { SessionState } from './session-state.js';

/** Where a child hangs; never changes. */
export interface ChildOrigin {
  readonly parentId: string;
  readonly rootId: string;
  /** Unique among its siblings. */
  readonly key: string;
  /** Place among its siblings, from 1, in the order of branching. */
  readonly ordinal: number;
  /** Key of the agent that the client addressed: what `user:` and `app:` state belongs to (SES-03). */
  readonly application: string;
  /** `seq` of the root when the child began: what it puts out stands behind it. */
  readonly rootSeq: number;
  /** What it sees before its own messages, outermost first. */
  readonly inherits: readonly InheritedSession[];
  /** Whose session state it reads and writes: its own, or that of a run above it. */
  readonly state: { readonly sessionKey: string; readonly taskId: string };
}

/** The beginning of another session: what stood there when the child began. */
export interface InheritedSession {
  /** The run that it was. */
  readonly taskId: string;
  readonly sessionKey: string;
  readonly upToTurn: number;
  readonly upToPosition: number;
}

/** A child to insert, as part of its parent's commit. */
export interface ChildStartWrite {
  readonly taskId: string;
  readonly key: string;
  readonly agent: string;
  readonly messages: readonly SessionMessage[];
  readonly inheritsHistory: boolean;
  /** What its first step finds. Default: nothing. */
  readonly control?: JsonObject;
  /** What its own state begins with; `undefined`: it shares the state of its parent. */
  readonly ownState: SessionState | undefined;
  /** Trace context of the step that begins it (`TaskRecord.traceparent`). Default: that of its parent. */
  readonly traceparent?: string;
}

/** Something said to a child that waits. One that has ended meanwhile does not hear it. */
export interface ChildMessageWrite {
  readonly taskId: string;
  readonly message: SessionMessage;
}

export interface BranchWrite {
  readonly starts: readonly ChildStartWrite[];
  readonly says: readonly ChildMessageWrite[];
}
