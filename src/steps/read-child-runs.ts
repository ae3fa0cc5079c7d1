import type { ChildRun } from '../agents/agent.js';
import { readOpenChildren } from '../agents/open-children.js';
import { readSpent } from '../agents/spent.js';
import type { ChildRunStore, TaskRecord } from '../tasks/task-store.js';

/** What a run sees of those that it branched into; messages only of those that it has not made use of yet. A run that has none costs nothing. */
export async function readChildRuns(
  { id, children = 0, control }: TaskRecord,
  store: Pick<ChildRunStore, 'children'>,
): Promise<readonly ChildRun[]> {
  if (children === 0) return [];
  const open = readOpenChildren(control);
  return (await store.children(id, open)).map(({ task, statusMessage, statusMetadata, messages }) => ({
    key: task.child?.key ?? '',
    taskId: task.id,
    agent: task.agent,
    state: task.state,
    statusMessage,
    statusMetadata,
    ...(task.expiresAt === undefined ? {} : { expiresAt: task.expiresAt }),
    spent: readSpent(task.control),
    updatedAt: task.updatedAt,
    messages,
  }));
}
