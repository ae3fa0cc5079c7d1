/** Lists of tasks over what the run log in memory holds. */
import type { TaskEvent } from '../../src/tasks/task-event.js';
import type { ListedTask, TaskListFilter, TaskListQuery } from '../../src/tasks/task-list-store.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';

export interface LoggedTask {
  readonly record: TaskRecord;
  readonly events: readonly TaskEvent[];
}

export function filterTasks(tasks: readonly LoggedTask[], filter: TaskListFilter): readonly ListedTask[] {
  const { agent, owner, tenant, contextId, state, since = Number.NEGATIVE_INFINITY } = filter;
  return tasks
    .filter(({ record }) => record.agent === agent && record.owner === owner && record.tenant === tenant)
    .filter(({ record }) => (contextId ?? record.contextId) === record.contextId && (state ?? record.state) === record.state)
    .map(({ record: { id, contextId, seq }, events }) => ({ id, contextId, seq, statusAt: statusTime(events) }))
    .filter(({ statusAt }) => statusAt >= since)
    .sort((a, b) => b.statusAt - a.statusAt || (a.id < b.id ? 1 : -1));
}

export function pageOf(tasks: readonly LoggedTask[], { after, limit, ...filter }: TaskListQuery): readonly ListedTask[] {
  const isBehind = ({ statusAt, id }: ListedTask) =>
    after === undefined || statusAt < after.statusAt || (statusAt === after.statusAt && id < after.id);
  return filterTasks(tasks, filter).filter(isBehind).slice(0, limit);
}

function statusTime(events: readonly TaskEvent[]): number {
  const last = events.findLast(({ type }) => type === 'status.changed' || type === 'task.created');
  const told = last?.type === 'status.changed' ? last.status.timestamp : undefined;
  return told === undefined ? (last?.at ?? 0) : Date.parse(told);
}

/** As many as take so many bytes together, one in any case. */
export function withinBytes(events: readonly TaskEvent[], maxBytes: number): readonly TaskEvent[] {
  let bytes = 0;
  return events.filter((event, index) => {
    bytes += JSON.stringify(event).length;
    return index === 0 || bytes <= maxBytes;
  });
}
