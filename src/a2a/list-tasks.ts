/** ListTasks: a page of the caller's tasks at this agent, newest status first (L1–L7). */
import { ownerOf } from '../access/principal.js';
import { AppError } from '../base/errors.js';
import type { ListTasksResponse, Task } from '../protocol/a2a.js';
import { type ListTasksInput, readListTasksRequest } from '../protocol/read-list-tasks.js';
import type { TaskEvent } from '../tasks/task-event.js';
import type { ListedTask, TaskListFilter, TaskListStore } from '../tasks/task-list-store.js';
import type { OperationCall, OperationDependencies } from './operation-call.js';
import { formatPageToken, type PageToken, parsePageToken } from './page-token.js';
import { projectTask } from './project-task.js';

export async function listTasks(
  { store }: Pick<OperationDependencies, 'store'>,
  params: unknown,
  call: OperationCall,
): Promise<ListTasksResponse> {
  const request = readListTasksRequest(params);
  // L1: callers without credentials are told nothing of each other.
  if (!call.principal.authenticated) return { tasks: [], nextPageToken: '', pageSize: request.pageSize, totalSize: 0 };
  const filter = filterOf(request, call);
  const after = readToken(request.pageToken, filter);
  // One more tells whether there is a next page.
  const limit = request.pageSize + 1;
  const [found, totalSize] = await Promise.all([
    store.listTasks({ ...filter, limit, ...(after === undefined ? {} : { after }) }),
    after?.totalSize ?? store.countTasks(filter),
  ]);
  const { tasks, last } = await readTasks(store, found.slice(0, request.pageSize), request);
  const hasMore = last !== undefined && last !== found.at(-1);
  return {
    tasks,
    nextPageToken: hasMore ? formatPageToken({ statusAt: last.statusAt, id: last.id, totalSize }, filter) : '',
    pageSize: request.pageSize,
    totalSize,
  };
}

function filterOf({ contextId, status, statusSince }: ListTasksInput, { agent, principal, tenant }: OperationCall): TaskListFilter {
  return {
    agent,
    owner: ownerOf(principal),
    tenant,
    ...(contextId === undefined ? {} : { contextId }),
    ...(status === undefined ? {} : { state: status }),
    ...(statusSince === undefined ? {} : { since: statusSince }),
  };
}

function readToken(text: string | undefined, filter: TaskListFilter): PageToken | undefined {
  if (text === undefined) return undefined;
  const token = parsePageToken(text, filter);
  if (typeof token !== 'string') return token;
  const description =
    token === 'unreadable'
      ? 'must be the nextPageToken of an earlier answer, letter by letter'
      : 'belongs to another list; send the filters of the page before, or leave the token out to begin anew';
  throw new AppError('PARAMS_INVALID', {
    message: `Invalid parameters: pageToken: ${description}`,
    problems: [{ field: 'pageToken', description }],
  });
}

/**
 * The tasks as they were when the page was read, and the last of them. Fewer than a page when their logs are large, so that
 * one answer does not take all memory; at least one. A task that retention has deleted meanwhile is left out.
 */
async function readTasks(
  store: TaskListStore,
  page: readonly ListedTask[],
  { historyLength, includeArtifacts = false }: ListTasksInput,
): Promise<{ readonly tasks: readonly Task[]; readonly last: ListedTask | undefined }> {
  const tasks: Task[] = [];
  const sizes = await store.logSizes(page, { artifacts: includeArtifacts });
  let size = 0;
  let last: ListedTask | undefined;
  for (let start = 0; start < page.length && size < MAX_PAGE_CHARACTERS; ) {
    const batch = batchFrom(page, start, sizes);
    start += batch.length;
    const logs = await store.eventsOfTasks(batch, { artifacts: includeArtifacts });
    for (const listed of batch) {
      if (size >= MAX_PAGE_CHARACTERS) break;
      last = listed;
      const log = logs.get(listed.id);
      if (log === undefined) continue;
      const task = toListedTask(log, historyLength, includeArtifacts);
      size += JSON.stringify(task).length;
      tasks.push(task);
    }
  }
  return { tasks, last };
}

/** L5: whether `artifacts` is there says the request alone. */
function toListedTask(log: readonly TaskEvent[], historyLength: number | undefined, includeArtifacts: boolean): Task {
  const { artifacts = [], ...task } = projectTask(log, historyLength);
  return includeArtifacts ? { ...task, artifacts } : task;
}

/** As many tasks as have so many events, and are stored in so many bytes, together; one in any case. */
function batchFrom(page: readonly ListedTask[], start: number, sizes: ReadonlyMap<string, number>): readonly ListedTask[] {
  let events = 0;
  let bytes = 0;
  let end = start;
  for (const { id, seq } of page.slice(start)) {
    events += seq;
    bytes += sizes.get(id) ?? 0;
    if (end > start && (events > EVENTS_PER_READ || bytes > BYTES_PER_READ)) break;
    end += 1;
  }
  return page.slice(start, end);
}

const EVENTS_PER_READ = 2_000;
const BYTES_PER_READ = 8 * 1024 * 1024;
/** Text of the tasks in one answer, from which on no further task is added. */
const MAX_PAGE_CHARACTERS = 8 * 1024 * 1024;
