import t from 'tap';
import { formatPageToken, parsePageToken } from '../../../src/a2a/page-token.js';
import type { TaskListFilter } from '../../../src/tasks/task-list-store.js';

t.test('a page token belongs to one list: whatever says what is listed is part of it', async (t) => {
  const filter: TaskListFilter = { agent: 'a', owner: 'o', tenant: 't' };
  const token = formatPageToken({ statusAt: 5, id: 'task', totalSize: 9 }, filter);
  t.same(parsePageToken(token, filter), { statusAt: 5, id: 'task', totalSize: 9 });
  const others: readonly Partial<TaskListFilter>[] = [
    { agent: 'b' },
    { owner: 'p' },
    { tenant: 'u' },
    { contextId: 'c' },
    { state: 'TASK_STATE_WORKING' },
    { since: 1 },
  ];
  for (const other of others) t.equal(parsePageToken(token, { ...filter, ...other }), 'of another list', JSON.stringify(other));
});
