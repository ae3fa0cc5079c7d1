/** Row types of the tables. */
export interface TaskTable {
  id: string;
  /** Hash of agent, owner and context: what clients name may be longer than an index key. */
  session_key: string;
  session_id: string;
  /** Accept order within the session, from 1; only the lowest runnable one of a session may be taken. */
  turn: number;
  agent: string;
  owner: string;
  context_id: string;
  tenant: string;
  state: string;
  epoch: number;
  step: number;
  /** How often the step was started since the last commit. */
  takes: number;
  seq: number;
  config_version: string;
  /** JSON. */
  control: string;
  traceparent: string;
  created_at: number;
  updated_at: number;
  /** `session_id` while the task is runnable, else null: a small index in every dialect. */
  open_session: string | null;
  /** `updated_at` while the task is runnable and not held, else null. */
  runnable_since: number | null;
  /** Who took it and has neither ended, handed over nor given it back; null = nobody. */
  worker: string | null;
  held_since: number | null;
  /** When somebody last let it go on after it was held; null = nobody did. */
  resumed_at: number | null;
  expires_at: number | null;
  /** `ordinal` of its newest tool call; null = none yet. */
  last_call: number | null;
  /** `updated_at` once the state is terminal, else null. */
  ended_at: number | null;
  /** `ended_at` as long as retention has left the task's log whole, else null. */
  whole_since: number | null;
  /** Hash of agent, owner and tenant: who may list it. Null: written by a process of an earlier version, as `status_at`. */
  list_key: string | null;
  /** When its status began, as its `timestamp` tells clients. */
  status_at: number | null;
  /** Of a child. */
  parent_id: string | null;
  root_id: string | null;
  /** JSON of who began the run, and of a child of its `ChildOrigin` without those two; null = there is nothing to tell. */
  origin: string | null;
  /** How many it has branched into; null = none. */
  children: number | null;
  /** How many of them work; null = none. */
  open_children: number | null;
  /** 1 once `temp:` state was written for this run: to be deleted with its end. */
  has_temp: number | null;
}

/** One value of one scope (SES-03). */
export interface SessionStateTable {
  /** Hash of the scope and the name. */
  entry_key: string;
  /** Hash of what the scope belongs to. */
  scope_key: string;
  /** JSON string: programs choose it, and no database stores every string as it is. With its prefix. */
  name: string;
  /** JSON. */
  value: string;
  updated_at: number;
}

/** R7. */
export interface ToolCallTable {
  /** Begins as the task's id does, so that the calls of a run lie together; then a hash of the task's and the call's id. */
  call_key: string;
  task_id: string;
  /** From 1, in the order in which the task's calls were first written. */
  ordinal: number;
  /** JSON string, as are `tool` and `idempotency_key`: models choose it, and no database stores every string as it is. */
  call_id: string;
  tool: string;
  effect: string;
  arguments_hash: string;
  idempotency_key: string;
  status: string;
  /** JSON of a `StoredToolResult`. */
  result: string | null;
  /** JSON of a decision. */
  decision: string | null;
  step: number;
  epoch: number;
  created_at: number;
  updated_at: number;
}

/** Events of tasks and messages of sessions that are gone: still to be deleted, a few at a time. */
export interface LeftoverTable {
  /** Of the task, or the session's `session_id`. */
  id: string;
  /** `session-tasks`: also the runs of that session go. */
  kind: 'task' | 'session' | 'session-tasks';
}

export interface TaskEventTable {
  task_id: string;
  seq: number;
  epoch: number;
  created_at: number;
  /** JSON of a `TaskEventBody`. */
  body: string;
}

export interface AcceptedMessageTable {
  /** Hash of the dedupe key (R11). */
  dedupe_key: string;
  task_id: string;
  /** Of the message that was accepted: another one under the same id is refused. */
  message_hash: string;
  created_at: number;
}

export interface SessionTable {
  session_key: string;
  /** Id of its first task. Ordered by time, so that rows keyed by it are appended rather than scattered. */
  session_id: string;
  agent: string;
  owner: string;
  context_id: string;
  /** Position of the newest message, 0 = none. */
  last_position: number;
  /** `turn` of the newest accepted message's task. */
  last_turn: number;
  created_at: number;
  updated_at: number;
  /** Hash of the owner; '' = the session of a child, which nobody lists. Null: written by a process of an earlier version, as `tenant`. */
  owner_key: string | null;
  /** Null where `owner_key` is not: nobody knows it any more. */
  tenant: string | null;
}

export interface SessionMessageTable {
  session_id: string;
  /** The run's place in its session when this was said: a message that waits for earlier runs stands behind what they say. */
  turn: number;
  /** Gapless from 1 within the session, in the order of arrival. */
  position: number;
  task_id: string;
  /** JSON of a `SessionMessage`. */
  body: string;
}

/** R8: messages stay as they are; readers of the session pass over those of these runs. */
export interface RolledBackRunTable {
  session_id: string;
  task_id: string;
}

/** What of a session's message can be found (MEM-01); the message itself stays where it is. */
export interface RecallMessageTable {
  /** Given by the database. */
  entry: number;
  session_id: string;
  position: number;
  turn: number;
  task_id: string;
  /** Hash of agent, owner and tenant: who may find it. */
  scope_key: string;
  created_at: number;
  /** The scope's word, then the message's, with spaces between them. */
  words: string;
  /** Little-endian 32-bit floats; null without an embedder. */
  vector: Uint8Array | null;
}

/** How far a session is indexed, and by what. */
export interface RecallSessionTable {
  session_id: string;
  position: number;
  fingerprint: string;
}

export interface PushConfigTable {
  /** Hash of the task's and the config's id. */
  config_key: string;
  task_id: string;
  config_id: string;
  tenant: string;
  url: string;
  token: string;
  scheme: string;
  credentials: string;
  wire_version: string;
  start_seq: number;
  delivered_seq: number;
  revision: number;
  state: string;
  /** `config_key` while something may still be delivered, else null: a small index in every dialect. */
  active_key: string | null;
  failures: number;
  next_attempt_at: number;
  created_at: number;
}
