import { AppError } from '../base/errors.js';
import { isWithin, type OwnerScope } from '../tasks/owner-scope.js';
import type { TaskRecord } from '../tasks/task-store.js';
import type { StudioPorts } from './studio-ports.js';

/** Which run, and who asks. */
export interface RunReference {
  readonly taskId: string;
  readonly owner: OwnerScope;
}

/** Also a branch of such a run. @throws AppError `TASK_NOT_FOUND`, for unknown ids and for other owners' tasks alike. */
export async function getRun({ tasks }: Pick<StudioPorts, 'tasks'>, { taskId, owner }: RunReference): Promise<TaskRecord> {
  const task = isPossibleId(taskId) ? await tasks.find(taskId, undefined) : undefined;
  if (task === undefined || !isWithin(owner, task.owner)) throw notFound(taskId);
  return task;
}

/** All runs below this one, parents before their branches. A run without any costs nothing. */
export async function readBranches(tasks: StudioPorts['tasks'], { id, child, children = 0 }: TaskRecord): Promise<readonly TaskRecord[]> {
  if (children === 0) return [];
  const tree = await tasks.descendants(child?.rootId ?? id);
  if (child === undefined) return tree;
  const below = new Set([id]);
  return tree.filter((run) => below.has(run.child?.parentId ?? '') && below.add(run.id) !== undefined);
}

export function notFound(taskId: string): AppError {
  return new AppError('TASK_NOT_FOUND', {
    message: `Task '${taskId.slice(0, SHOWN_CHARACTERS)}' not found; GET /api/checkpoints lists those that have not ended`,
  });
}

/** Whether anything can have this id: databases refuse some texts instead of not finding them. */
export function isPossibleId(id: string): boolean {
  return id.length <= MAX_ID_LENGTH && !/[\0\p{Surrogate}]/u.test(id);
}

const MAX_ID_LENGTH = 512;
export const SHOWN_CHARACTERS = 100;
