import t from 'tap';
import { TaskView } from '../../../src/a2a/project-task.js';
import { projectUpdate, startUpdates } from '../../../src/a2a/project-updates.js';
import type { TaskDelta, TaskEvent } from '../../../src/tasks/task-event.js';

const OF = { taskId: 't', contextId: 'c' };

t.test('what an older worker still previews behind the news of a newer one is not shown (R3, R9)', async (t) => {
  const view = new TaskView();
  view.apply({ ...OF, type: 'task.created', seq: 1, epoch: 0, at: 1, message: { messageId: 'm', role: 'ROLE_USER', parts: [] } });
  const delta = (epoch: number, n: number, text: string): TaskDelta => ({ ...OF, seq: 2, epoch, n, artifactId: 'a', text });
  const working: TaskEvent = { ...OF, type: 'status.changed', seq: 2, epoch: 1, at: 2, status: { state: 'TASK_STATE_WORKING' } };
  const none = async () => [];
  let { state } = await projectUpdate(startUpdates(view), { type: 'event', event: working }, none);
  ({ state } = await projectUpdate(state, { type: 'delta', delta: delta(2, 1, 'new') }, none));
  const late = await projectUpdate(state, { type: 'delta', delta: delta(1, 1, 'old') }, none);
  t.same(late.frames, []);
  t.equal(late.state, state);
  const kept = await projectUpdate(state, { type: 'kept', seq: 2, deltas: [delta(1, 1, 'old'), delta(1, 2, 'er')] }, none);
  t.same(kept.frames, []);
  const next = await projectUpdate(state, { type: 'delta', delta: delta(2, 2, 'er') }, none);
  t.match(next.frames, [{ response: { artifactUpdate: { artifact: { parts: [{ text: 'er' }] }, append: true } } }]);
});
