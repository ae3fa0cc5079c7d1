import { AppError } from '../base/errors.js';
import type { TaskRecord } from '../tasks/task-store.js';
import type { StudioPorts } from './studio-ports.js';

/** Which run, and who asks. */
export interface RunReference {
  readonly taskId: string;
  readonly owner: string;
}

/** @throws AppError `TASK_NOT_FOUND`, for unknown ids and for other owners' tasks alike. */
export async function getRun({ tasks }: Pick<StudioPorts, 'tasks'>, { taskId, owner }: RunReference): Promise<TaskRecord> {
  const task = isPossibleId(taskId) ? await tasks.find(taskId, owner) : undefined;
  if (task === undefined) throw notFound(taskId);
  return task;
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
