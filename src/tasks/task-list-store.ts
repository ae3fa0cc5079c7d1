/** What listing tasks needs of the run log beyond `TaskStore` (L1–L7). Implemented by `storage/sql`. */
import type { TaskState } from '../protocol/a2a.js';
import type { TaskEvent } from './task-event.js';
import type { TaskRecord } from './task-store.js';

/** Whose tasks, and which of them. */
export interface TaskListFilter extends Pick<TaskRecord, 'agent' | 'owner' | 'tenant'> {
  /** Default: of all contexts. */
  readonly contextId?: string;
  /** Default: in any state. */
  readonly state?: TaskState;
  /** Only tasks whose status began then or later (L6). Default: since ever. */
  readonly since?: number;
}

export interface TaskListQuery extends TaskListFilter {
  /** Continues behind this place. Default: from the newest on. */
  readonly after?: TaskListPlace;
  readonly limit: number;
}

/** The order of a list: newest status first; of statuses that began in the same millisecond, the greater id first (L3). */
export interface TaskListPlace {
  /** When the task's status began, as its `timestamp` tells clients; epoch milliseconds. */
  readonly statusAt: number;
  readonly id: string;
}

export interface ListedTask extends TaskListPlace, Pick<TaskRecord, 'contextId' | 'seq'> {}

export interface TaskListStore {
  /**
   * One page. A place belongs to a task and its status: whatever begins, ends or changes between two pages, a task whose status stays
   * is on exactly one of them.
   */
  listTasks(query: TaskListQuery): Promise<readonly ListedTask[]>;
  /** How many there are; of very many, those that change while they are counted may be missed. */
  countTasks(filter: TaskListFilter): Promise<number>;
  /** How many bytes each of those logs is stored in, without those that are gone: asked before they are read, so that not all are at once. */
  logSizes(tasks: readonly Pick<ListedTask, 'id'>[], options: { readonly artifacts: boolean }): Promise<ReadonlyMap<string, number>>;
  /** The logs of those tasks, each up to its `seq`; without those that are gone. `artifacts`: with events of artifacts. */
  eventsOfTasks(
    tasks: readonly Pick<ListedTask, 'id' | 'contextId' | 'seq'>[],
    options: { readonly artifacts: boolean },
  ): Promise<ReadonlyMap<string, readonly TaskEvent[]>>;
}
