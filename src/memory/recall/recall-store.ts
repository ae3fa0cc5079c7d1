/**
 * Contract of the index of what was said in sessions (MEM-01…MEM-03). Implemented by `storage/sql`, beside the run log: rows of the index
 * name places in sessions, and what stands there is read from the sessions themselves.
 */
import type { PlacedMessage } from '../../tasks/session-store.js';

/** Who may find a message: the caller, with the agent that it addressed, for one tenant. */
export interface RecallScope {
  readonly agent: string;
  readonly owner: string;
  readonly tenant: string;
}

/** A session with messages that the index lacks. */
export interface SessionBehind {
  readonly sessionKey: string;
  readonly sessionId: string;
  readonly scope: RecallScope;
  /** Newest message of the session. */
  readonly lastPosition: number;
  /** Newest message that the index has looked at; 0 = none, or by another fingerprint. */
  readonly indexedPosition: number;
}

export interface RecallEntry extends Pick<PlacedMessage, 'turn' | 'position' | 'taskId'> {
  readonly createdAt: number;
  /** Different words. */
  readonly words: readonly string[];
  readonly vector?: Float32Array;
}

export interface RecallWrite {
  readonly session: SessionBehind;
  readonly entries: readonly RecallEntry[];
  /** Places of messages that were consumed: they leave the index. */
  readonly consumed: readonly number[];
  /** All up to here was looked at. */
  readonly upToPosition: number;
  readonly fingerprint: string;
}

/** A place that may answer a question. */
export interface RecallCandidate {
  readonly sessionId: string;
  readonly turn: number;
  readonly position: number;
  readonly createdAt: number;
}

export interface RecallQuery {
  readonly scope: RecallScope;
  /** Left out. */
  readonly exceptSession?: string | undefined;
  readonly limit: number;
}

export interface RecallPage {
  readonly sessions: readonly SessionBehind[];
  /** Goes on behind this session; `undefined`: that was the last one. */
  readonly next: string | undefined;
}

export interface RecallStore {
  /** One part of a walk over all sessions. Children's are passed over. */
  walk(fingerprint: string, after: string | undefined, limit: number): Promise<RecallPage>;
  /** Sessions behind of which a run ended at `since` or later, the oldest end first; `last`: the newest of those ends that was looked at. */
  ended(fingerprint: string, since: number, limit: number): Promise<{ readonly sessions: readonly SessionBehind[]; readonly last: number }>;
  /** Messages that the index lacks, by arrival. */
  unread(session: SessionBehind, after: number, limit: number): Promise<readonly PlacedMessage[]>;
  /** Places of the messages that this one consumes. */
  consumedBy(session: SessionBehind, consumer: PlacedMessage): Promise<readonly number[]>;
  /** Nothing when the session is gone, and of entries none of a place that was looked at already. The first write of another fingerprint drops what an earlier one wrote. */
  write(write: RecallWrite): Promise<void>;
  /** Messages with one of these words or more; the best first, as far as the database can tell. */
  byWords(words: readonly string[], query: RecallQuery): Promise<readonly (RecallCandidate & { readonly words: readonly string[] })[]>;
  /** The newest messages with a vector. */
  vectors(query: RecallQuery): Promise<readonly (RecallCandidate & { readonly vector: Float32Array })[]>;
  /** What stands at these places now; those that are gone are left out. */
  load(
    scope: RecallScope,
    places: readonly RecallCandidate[],
  ): Promise<readonly (PlacedMessage & { readonly sessionId: string; readonly contextId: string })[]>;
  /** Whose run it is, and in which session; of a child its root's. */
  findScope(taskId: string): Promise<{ readonly scope: RecallScope; readonly sessionId: string } | undefined>;
  /** Drops the index; the indexer makes it anew. */
  clear(): Promise<void>;
}
