/**
 * What one group transaction has loaded and locked, what its members have decided so far, and what it will write.
 * Members decide one after the other against it, as if each had a transaction of its own.
 */
import { AppError } from '../../../base/errors.js';
import { isRunnable } from '../../../protocol/task-state.js';
import type { TaskEvent, TaskEventBody } from '../../../tasks/task-event.js';
import type { SessionKey, TaskRecord } from '../../../tasks/task-store.js';
import type { ToolCallStatus } from '../../../tasks/tool-call.js';
import type { SessionTable } from '../schema.js';
import { ownerKeyOf, statusTimeOf } from './list-key.js';
import { type StoredTask, sessionKeyOf } from './rows.js';
import { StateWrites } from './session-states.js';
import type { PreparedToolCall } from './tool-calls.js';

export interface PendingWrites {
  readonly newSessions: Set<string>;
  readonly changedSessions: Set<string>;
  readonly newTasks: Set<string>;
  /** Those of them that are children. */
  readonly newChildren: Set<string>;
  readonly changedTasks: Set<string>;
  /** Those of them whose status is another one than before. */
  readonly changedStatuses: Set<string>;
  /** Those of them that have other children, or more of them at work, than before. */
  readonly changedFamilies: Set<string>;
  readonly states: StateWrites;
  /** Rows in the order of their shapes. */
  readonly events: (readonly unknown[])[];
  readonly messages: (readonly unknown[])[];
  readonly accepted: (readonly unknown[])[];
  readonly rolledBack: (readonly unknown[])[];
  /** By call key. */
  readonly newCalls: Map<string, readonly unknown[]>;
  readonly changedCalls: Map<string, readonly unknown[]>;
}

export interface AcceptedMessage {
  readonly taskId: string;
  readonly messageHash: string;
}

/** Who wrote a call last, and as what. */
export interface ToolCallHead {
  readonly status: ToolCallStatus;
  readonly step: number;
  readonly epoch: number;
}

export interface KnownChild {
  readonly id: string;
  /** Then it is not among the locked ones, and stays so (R5). */
  readonly isTerminal: boolean;
}

export class WorkingSet {
  readonly tasks = new Map<string, StoredTask>();
  readonly sessions = new Map<string, SessionTable>();
  /** By the hash of the dedupe key. */
  readonly accepted = new Map<string, AcceptedMessage>();
  /** Per session id the first runnable task outside `tasks`. */
  readonly otherHeads = new Map<string, StoredTask>();
  /** Tool calls as the table has them, and as members before this one have left them, by call key. */
  readonly toolCalls = new Map<string, ToolCallHead>();
  /** By parent, in trees that were read before they were locked: every child, whether it has ended or not. */
  readonly children = new Map<string, KnownChild[]>();
  readonly pending: PendingWrites = {
    newSessions: new Set(),
    changedSessions: new Set(),
    newTasks: new Set(),
    newChildren: new Set(),
    changedTasks: new Set(),
    changedStatuses: new Set(),
    changedFamilies: new Set(),
    states: new StateWrites(),
    events: [],
    messages: [],
    accepted: [],
    rolledBack: [],
    newCalls: new Map(),
    changedCalls: new Map(),
  };

  getTask(id: string): StoredTask {
    const task = this.tasks.get(id);
    if (task === undefined) throw new AppError('INTERNAL', { message: `the task ${id} of an accepted message is missing` });
    return task;
  }

  addTask(task: StoredTask): void {
    this.tasks.set(task.record.id, task);
    this.pending.newTasks.add(task.record.id);
    const { child, id } = task.record;
    if (child === undefined) return;
    this.pending.newChildren.add(id);
    this.noteChild(child.parentId, { id, isTerminal: false });
  }

  noteChild(parentId: string, child: KnownChild): void {
    const siblings = this.children.get(parentId);
    if (siblings === undefined) this.children.set(parentId, [child]);
    else siblings.push(child);
  }

  changeTask(
    task: StoredTask,
    change: Partial<TaskRecord>,
    own: Partial<Pick<StoredTask, 'lastCall' | 'statusAt' | 'hasTemp'>> = {},
  ): StoredTask {
    const changed = { ...task, ...own, record: { ...task.record, ...change } };
    this.tasks.set(changed.record.id, changed);
    if (!this.pending.newTasks.has(changed.record.id)) this.pending.changedTasks.add(changed.record.id);
    if (changed.record.state !== task.record.state || changed.statusAt !== task.statusAt)
      this.pending.changedStatuses.add(changed.record.id);
    if ('children' in change || 'openChildren' in change || 'hasTemp' in own) this.pending.changedFamilies.add(changed.record.id);
    return changed;
  }

  /** R4: the next `seq`. The row carries it on with the task. */
  appendEvent(taskId: string, body: TaskEventBody, at: number, json = JSON.stringify(body)): TaskEvent {
    const task = this.getTask(taskId);
    const { contextId, epoch } = task.record;
    const seq = task.record.seq + 1;
    this.changeTask(task, { seq, updatedAt: at }, { statusAt: statusTimeOf(body, at) ?? task.statusAt });
    this.pending.events.push([taskId, seq, epoch, at, json]);
    return { ...body, taskId, contextId, seq, epoch, at };
  }

  /** R7: a call is inserted once and keeps its place; whatever is written of it later replaces the rest. */
  writeToolCalls(
    taskId: string,
    calls: readonly PreparedToolCall[],
    { step, epoch, at }: Omit<ToolCallHead, 'status'> & { at: number },
  ): void {
    for (const { callKey, callIdJson, values, status } of calls) {
      const task = this.getTask(taskId);
      const change = [callKey, ...values, step, epoch, at];
      const inserted = this.pending.newCalls.get(callKey);
      const isKnown = this.toolCalls.has(callKey);
      this.toolCalls.set(callKey, { status, step, epoch });
      if (inserted !== undefined) this.pending.newCalls.set(callKey, [...change, ...inserted.slice(change.length)]);
      else if (isKnown) this.pending.changedCalls.set(callKey, change);
      else {
        const ordinal = task.lastCall + 1;
        this.changeTask(task, {}, { lastCall: ordinal });
        this.pending.newCalls.set(callKey, [...change, taskId, ordinal, callIdJson, at]);
      }
    }
  }

  /** The session of that key; a new one is named after `taskId`, its first task. @param sessionKey its hash, where it is known */
  openSession(key: SessionKey, taskId: string, at: number, sessionKey = sessionKeyOf(key)): SessionTable {
    const known = this.sessions.get(sessionKey);
    if (known !== undefined) return known;
    const session: SessionTable = {
      session_key: sessionKey,
      session_id: taskId,
      agent: key.agent,
      owner: key.owner,
      context_id: key.contextId,
      last_position: 0,
      last_turn: 0,
      created_at: at,
      updated_at: at,
      owner_key: key.child === undefined ? ownerKeyOf(key.owner) : '',
      tenant: key.tenant ?? '',
    };
    this.sessions.set(sessionKey, session);
    this.pending.newSessions.add(sessionKey);
    return session;
  }

  /** The session's next place in the order of runs. */
  nextTurn(session: SessionTable): number {
    this.#sessionChanged(session);
    session.last_turn += 1;
    return session.last_turn;
  }

  /** @param speakerId the run that says it, where that is another one: a parent to its child. */
  appendMessage(session: SessionTable, taskId: string, json: string, at: number, speakerId = taskId): void {
    this.#sessionChanged(session);
    session.last_position += 1;
    session.updated_at = at;
    this.pending.messages.push([session.session_id, this.getTask(taskId).record.turn, session.last_position, speakerId, json]);
  }

  /** What the task's run said leaves its session. */
  rollBack({ sessionId, record }: StoredTask): void {
    this.pending.rolledBack.push([sessionId, record.id]);
  }

  /** Loaded runs of the session that have neither ended nor wait for input, in their order. */
  activeRuns(sessionId: string): readonly StoredTask[] {
    const active = [...this.tasks.values()].filter((task) => task.sessionId === sessionId && isRunnable(task.record.state));
    return active.sort((a, b) => a.record.turn - b.record.turn);
  }

  /** The session's earliest runnable task: the only one that may be taken. */
  findHead(sessionId: string): StoredTask | undefined {
    let head = this.otherHeads.get(sessionId);
    for (const task of this.tasks.values()) {
      if (task.sessionId !== sessionId || !isRunnable(task.record.state)) continue;
      if (head === undefined || task.record.turn < head.record.turn) head = task;
    }
    return head;
  }

  #sessionChanged({ session_key }: SessionTable): void {
    if (!this.pending.newSessions.has(session_key)) this.pending.changedSessions.add(session_key);
  }
}
