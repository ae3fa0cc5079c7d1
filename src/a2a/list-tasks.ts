/** ListTasks: a page of the caller's tasks at this agent, newest status first (L1–L7). */
import { ownerOf } from '../access/principal.js';
import { AppError } from '../base/errors.js';
import { jsonOf, rememberJson } from '../base/known-json.js';
import type { ListTasksResponse, Task } from '../protocol/a2a.js';
import { type ListTasksInput, readListTasksRequest } from '../protocol/read-list-tasks.js';
import type { ListedTask, TaskListFilter } from '../tasks/task-list-store.js';
import type { OperationCall, OperationDependencies } from './operation-call.js';
import { formatPageToken, type PageToken, parsePageToken } from './page-token.js';
import { foldEvents } from './project-task.js';
import type { RecentTask, RecentTasks, TaskForm } from './recent-tasks.js';

export interface ListTasksDependencies extends Pick<OperationDependencies, 'store'> {
  readonly recent: RecentTasks;
}

export async function listTasks(
  { store, recent }: ListTasksDependencies,
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
  const { tasks, last } = await readTasks({ store, recent }, found.slice(0, request.pageSize), request);
  const hasMore = last !== undefined && last !== found.at(-1);
  const place = {
    nextPageToken: hasMore ? formatPageToken({ statusAt: last.statusAt, id: last.id, totalSize }, filter) : '',
    pageSize: request.pageSize,
    totalSize,
  };
  // Most tasks of a page were written out before.
  return rememberJson({ tasks, ...place }, () => `{"tasks":[${tasks.map(jsonOf).join(',')}],${JSON.stringify(place).slice(1)}`);
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
  { store, recent }: ListTasksDependencies,
  page: readonly ListedTask[],
  { historyLength, includeArtifacts = false }: ListTasksInput,
): Promise<{ readonly tasks: readonly Task[]; readonly last: ListedTask | undefined }> {
  const form: TaskForm = includeArtifacts ? 'whole' : 'listed';
  const known = new Map<string, RecentTask>();
  for (const { id, seq } of page) {
    const found = recent.find(id, seq, form);
    if (found !== undefined) known.set(id, found);
  }
  const unread = page.filter(({ id }) => !known.has(id));
  const sizes = unread.length === 0 ? NO_SIZES : await store.logSizes(unread, { artifacts: includeArtifacts });
  const tasks: Task[] = [];
  let size = 0;
  let last: ListedTask | undefined;
  for (const listed of page) {
    if (size >= MAX_PAGE_CHARACTERS) break;
    if (unread[0] === listed) {
      const batch = batchFrom(unread, sizes);
      unread.splice(0, batch.length);
      const logs = await store.eventsOfTasks(batch, { artifacts: includeArtifacts });
      for (const [id, log] of logs) known.set(id, recent.keep(id, foldEvents(log), form));
    }
    last = listed;
    const task = known.get(listed.id);
    if (task === undefined) continue;
    const shown = toListedTask(task, historyLength, includeArtifacts);
    size += historyLength === undefined ? task.characters : JSON.stringify(shown).length;
    tasks.push(shown);
  }
  return { tasks, last };
}

/** L5: whether `artifacts` is there says the request alone. */
function toListedTask({ view, task: whole }: RecentTask, historyLength: number | undefined, includeArtifacts: boolean): Task {
  if (historyLength === undefined && (whole.artifacts !== undefined) === includeArtifacts) return whole;
  const { artifacts = [], ...task } = view.toTask(historyLength);
  return includeArtifacts ? { ...task, artifacts } : task;
}

/** As many tasks as have so many events, and are stored in so many bytes, together; one in any case. */
function batchFrom(tasks: readonly ListedTask[], sizes: ReadonlyMap<string, number>): readonly ListedTask[] {
  let events = 0;
  let bytes = 0;
  let end = 0;
  for (const { id, seq } of tasks) {
    events += seq;
    bytes += sizes.get(id) ?? 0;
    if (end > 0 && (events > EVENTS_PER_READ || bytes > BYTES_PER_READ)) break;
    end += 1;
  }
  return tasks.slice(0, end);
}

const NO_SIZES: ReadonlyMap<string, number> = new Map();
const EVENTS_PER_READ = 2_000;
const BYTES_PER_READ = 8 * 1024 * 1024;
/** Text of the tasks in one answer, from which on no further task is added. */
const MAX_PAGE_CHARACTERS = 8 * 1024 * 1024;
