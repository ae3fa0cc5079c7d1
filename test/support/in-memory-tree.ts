/** Trees of runs in a `Map`: who hangs below whom, what a branch makes and what the end of a run means to the others. */
import { isoTime } from '../../src/base/clock.js';
import { isInterrupted, isRunnable, isTerminal } from '../../src/protocol/task-state.js';
import type { BranchWrite, ChildOrigin } from '../../src/tasks/child-runs.js';
import type { SessionMessage } from '../../src/tasks/session-message.js';
import type { StateScope } from '../../src/tasks/session-state.js';
import type { TaskEvent, TaskEventBody } from '../../src/tasks/task-event.js';
import type { ChildRecord, TaskRecord, TreeChange } from '../../src/tasks/task-store.js';
import { toA2aMessage } from '../../src/tasks/to-a2a-message.js';

/** What the trees need of the store that has the runs. */
export interface TreeHost {
  records(): readonly TaskRecord[];
  eventsOf(id: string): readonly TaskEvent[];
  add(record: TaskRecord): void;
  change(id: string, change: Partial<TaskRecord>): TaskRecord;
  append(id: string, epoch: number, at: number, bodies: readonly TaskEventBody[]): readonly TaskEvent[];
}

export class InMemoryTree {
  readonly #host: TreeHost;
  /** What a child added to its own session. */
  readonly said = new Map<string, SessionMessage[]>();

  constructor(host: TreeHost) {
    this.#host = host;
  }

  branchOff(parentId: string, { starts, says }: BranchWrite, at: number): TreeChange {
    const woken: string[] = [];
    const parent = this.#get(parentId);
    for (const [index, start] of starts.entries()) {
      woken.push(start.taskId);
      this.#host.add(newChild(parent, start, (parent.children ?? 0) + 1 + index, this.#get(rootIdOf(parent)).seq, at));
      const message = start.messages.at(-1);
      if (message !== undefined) {
        const body: TaskEventBody = { type: 'task.created', message: toA2aMessage(message, this.#get(start.taskId)) };
        this.#host.append(start.taskId, 0, at, [body]);
      }
    }
    for (const { taskId, message } of says) {
      const child = this.#get(taskId);
      const isDue = child.expiresAt !== undefined && child.expiresAt <= at;
      if (!isInterrupted(child.state) || isDue) continue;
      woken.push(taskId);
      this.#host.change(taskId, { state: 'TASK_STATE_WORKING', takes: 0, expiresAt: undefined, updatedAt: at });
      this.#host.append(taskId, child.epoch, at, [
        { type: 'message.added', message: toA2aMessage(message, child) },
        { type: 'status.changed', status: { state: 'TASK_STATE_WORKING', timestamp: isoTime(at) } },
      ]);
    }
    const children = (parent.children ?? 0) + starts.length;
    const changed = this.#host.change(parentId, { children, openChildren: woken.length, worker: '', updatedAt: at });
    return { wakes: woken.length === 0 ? [changed] : woken.map((id) => this.#get(id)) };
  }

  settle(before: TaskRecord, at: number): TreeChange {
    const after = this.#get(before.id);
    const ended = isTerminal(after.state) ? this.#endBelow(before.id, at) : [];
    const wakes: TaskRecord[] = [];
    if (before.child !== undefined && isRunnable(before.state) && !isRunnable(after.state)) {
      const openChildren = (this.#get(before.child.parentId).openChildren ?? 0) - 1;
      const parent = this.#host.change(before.child.parentId, { openChildren, ...(openChildren === 0 ? { updatedAt: at } : {}) });
      if (openChildren === 0 && isRunnable(parent.state)) wakes.push(parent);
    }
    return { ...(wakes.length === 0 ? {} : { wakes }), ...(ended.length === 0 ? {} : { ended }) };
  }

  /** `events`: what those who follow the root are told. */
  settleExpired(before: TaskRecord, at: number): TreeChange & { readonly events: readonly TaskEvent[] } {
    const tree = this.settle(before, at);
    const above = isInterrupted(before.state) ? this.#wakeAbove(before, at) : { wakes: [], events: [] };
    const wakes = [...(tree.wakes ?? []), ...above.wakes];
    return { events: above.events, ...tree, ...(wakes.length === 0 ? {} : { wakes }) };
  }

  /** No run above it is in hands. */
  restsAbove({ child }: TaskRecord): boolean {
    if (child === undefined) return true;
    const parent = this.#get(child.parentId);
    return isRunnable(parent.state) ? (parent.openChildren ?? 0) > 0 : this.restsAbove(parent);
  }

  /** A wait has ended: the run above it goes on, and all above that one stand. */
  #wakeAbove({ child }: TaskRecord, at: number): { readonly wakes: readonly TaskRecord[]; readonly events: readonly TaskEvent[] } {
    const parent = child === undefined ? undefined : this.#get(child.parentId);
    if (parent === undefined || !isInterrupted(parent.state)) return { wakes: [], events: [] };
    const events: TaskEvent[] = [];
    const raise = (record: TaskRecord, openChildren: number): TaskRecord => {
      const waits = isInterrupted(record.state);
      const goesOn = waits ? ({ state: 'TASK_STATE_WORKING', takes: 0, expiresAt: undefined } as const) : {};
      const raised = this.#host.change(record.id, { ...goesOn, openChildren, updatedAt: at });
      if (!waits) return raised;
      const status = { state: 'TASK_STATE_WORKING', timestamp: isoTime(at) } as const;
      const appended = this.#host.append(record.id, record.epoch, at, [{ type: 'status.changed', status }]);
      if (record.child === undefined) events.push(...appended);
      const above = record.child === undefined ? undefined : this.#get(record.child.parentId);
      if (above !== undefined) raise(above, (above.openChildren ?? 0) + 1);
      return this.#get(record.id);
    };
    const wakes = [raise(parent, parent.openChildren ?? 0)];
    return { wakes, events };
  }

  children(parentId: string, messagesOf?: readonly string[]): readonly ChildRecord[] {
    return this.#below(parentId).map((task) => {
      const status = this.#host.eventsOf(task.id).findLast((event) => event.type === 'status.changed');
      const isWanted = messagesOf === undefined || messagesOf.includes(task.child?.key ?? '');
      const { status: told, metadata } = status?.type === 'status.changed' ? status : {};
      return { task, statusMessage: told?.message, statusMetadata: metadata, messages: isWanted ? (this.said.get(task.id) ?? []) : [] };
    });
  }

  descendants(parentId: string): readonly TaskRecord[] {
    return this.#below(parentId).flatMap((task) => [task, ...this.descendants(task.id)]);
  }

  #endBelow(parentId: string, at: number): TaskRecord[] {
    return this.#below(parentId)
      .filter(({ state }) => !isTerminal(state))
      .flatMap(({ id, epoch }) => {
        const state = 'TASK_STATE_CANCELED';
        this.#host.append(id, epoch + 1, at, [{ type: 'status.changed', status: { state, timestamp: isoTime(at) } }]);
        const nobody = { worker: '', heldSince: undefined, expiresAt: undefined, openChildren: 0 };
        const ended = this.#host.change(id, { ...nobody, state, epoch: epoch + 1, updatedAt: at });
        return [ended, ...this.#endBelow(id, at)];
      });
  }

  #below(parentId: string): readonly TaskRecord[] {
    const children = this.#host.records().filter(({ child }) => child?.parentId === parentId);
    return children.toSorted((a, b) => (a.child?.ordinal ?? 0) - (b.child?.ordinal ?? 0));
  }

  #get(id: string): TaskRecord {
    const record = this.#host.records().find((known) => known.id === id);
    if (record === undefined) throw new Error(`no task ${id}`);
    return record;
  }
}

/** Of a client's session. */
function keyOf({ agent, owner, tenant, contextId }: TaskRecord): string {
  return JSON.stringify([agent, owner, tenant, contextId]);
}

/** What a value of this scope belongs to (SES-03). */
export function scopeIdOf(task: TaskRecord, scope: StateScope): string {
  const { id, agent, owner, tenant, child } = task;
  const application = child?.application ?? agent;
  const ownerId = child?.state.taskId ?? id;
  const ids = {
    session: [child?.state.sessionKey ?? keyOf(task)],
    user: [application, owner, tenant],
    app: [application, tenant],
    temp: [ownerId],
  };
  return JSON.stringify([scope, ...ids[scope]]);
}

function rootIdOf({ id, child }: TaskRecord): string {
  return child?.rootId ?? id;
}

function newChild(parent: TaskRecord, start: BranchWrite['starts'][number], ordinal: number, rootSeq: number, at: number): TaskRecord {
  const { taskId: id, agent, key } = start;
  const { owner, tenant, configVersion, callerRoles } = parent;
  const { traceparent = parent.traceparent } = start;
  const application = parent.child?.application ?? parent.agent;
  const above = parent.child?.state ?? { sessionKey: keyOf(parent), taskId: parent.id };
  const state = start.ownState === undefined ? above : { sessionKey: id, taskId: id };
  const child: ChildOrigin = { parentId: parent.id, rootId: rootIdOf(parent), key, ordinal, application, rootSeq, inherits: [], state };
  return {
    ...(callerRoles === undefined ? {} : { callerRoles }),
    ...{ id, agent, owner, contextId: id, tenant, child, configVersion, traceparent, state: 'TASK_STATE_SUBMITTED' },
    ...{ epoch: 0, step: 1, takes: 0, seq: 0, turn: 1, control: start.control ?? {}, worker: '' },
    ...{ heldSince: undefined, expiresAt: undefined, createdAt: at, updatedAt: at },
  };
}
