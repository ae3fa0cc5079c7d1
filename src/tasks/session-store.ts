/** Sessions as their owners see them (SES-01, SES-04, SES-05), beside the run log that writes them. Implemented by `storage/sql`. */
import type { OwnerScope } from './owner-scope.js';
import type { Pause } from './recovery-store.js';
import type { SessionMessage } from './session-message.js';
import type { SessionState } from './session-state.js';
import type { TaskEvent } from './task-event.js';

/** A session that a client began; those of children are nobody's to see. */
export interface SessionRecord {
  /** Id of its first run, hence in the order of time; the id of no other session. */
  readonly id: string;
  readonly agent: string;
  readonly owner: string;
  readonly contextId: string;
  /** `undefined`: a process of an earlier version wrote it, and its first run is gone. */
  readonly tenant: string | undefined;
  /** Messages that were ever added, and runs. */
  readonly messages: number;
  readonly runs: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface SessionListQuery {
  /** Sessions of others do not exist (SEC-18). */
  readonly owner: OwnerScope;
  /** Default: of all agents. */
  readonly agent?: string | undefined;
  readonly contextId?: string | undefined;
  readonly tenant?: string | undefined;
  /** Continues behind the session of this id. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface SessionPage {
  readonly sessions: readonly SessionRecord[];
  /** There may be more behind the session of this id; also of a page that is not full. */
  readonly next?: string;
}

/** Of a message: run first, then arrival. */
export interface MessagePlace {
  readonly turn: number;
  readonly position: number;
}

export interface PlacedMessage extends MessagePlace {
  readonly taskId: string;
  readonly message: SessionMessage;
}

export interface MessageQuery {
  /** Only what stands before this place. Default: the newest. */
  readonly before?: MessagePlace | undefined;
  readonly limit: number;
}

export type DeleteSessionOutcome =
  | { readonly type: 'deleted' }
  /** These runs have not ended; some of them, if there are many. */
  | { readonly type: 'active'; readonly taskIds: readonly string[] }
  | { readonly type: 'not-found' };

export interface SessionStore {
  /** Newest first by when they began: a place in the list stays whatever is said meanwhile. */
  listSessions(query: SessionListQuery): Promise<SessionPage>;
  findSession(id: string, owner: OwnerScope): Promise<SessionRecord | undefined>;
  /** Oldest first; what is nearest to the place, or to the end. */
  readMessages(session: Pick<SessionRecord, 'id'>, query: MessageQuery): Promise<readonly PlacedMessage[]>;
  /** Values of the session and of its owner (`user:`), keys with their prefixes (SES-03). */
  readState(session: SessionRecord): Promise<SessionState>;
  /** Events of artifacts of all its runs, oldest first; without runs that were rolled back (SES-07). */
  readArtifacts(session: Pick<SessionRecord, 'id'>): Promise<readonly TaskEvent[]>;
  /** The same for the session that a run belongs to; of a child that of its root. */
  readArtifactsOf(taskId: string): Promise<readonly TaskEvent[]>;
  /**
   * With its messages, state and runs, and all that hangs below those. Refused while a run has not ended. What is many follows in small
   * transactions, after a crash by `completeDeletions`; nobody sees it meanwhile but by the id of a run.
   */
  deleteSession(id: string, owner: string, pause?: Pause): Promise<DeleteSessionOutcome>;
}

/** For the keeper. */
export interface SessionUpkeep {
  /** Finishes deletions that a crash has left half done. */
  completeDeletions(pause?: Pause): Promise<void>;
  /** Makes sessions findable that a process of an earlier version began; says how many. */
  completeSessions(limit: number, pause?: Pause): Promise<number>;
}
