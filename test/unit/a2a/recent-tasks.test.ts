import t from 'tap';
import { TaskView } from '../../../src/a2a/project-task.js';
import { RecentTasks } from '../../../src/a2a/recent-tasks.js';
import type { TaskEvent } from '../../../src/tasks/task-event.js';
import { createSteeredClock } from '../../support/steered-clock.js';

t.test('a fold is found again while the log has the same length, in the form it was made in', async (t) => {
  const recent = new RecentTasks(createSteeredClock());
  const view = viewOf('task-1', 'hello');
  recent.keep('task-1', view, 'listed');
  t.equal(recent.find('task-1', view.seq, 'listed')?.view, view);
  t.equal(recent.find('task-1', view.seq, 'whole'), undefined);
  t.equal(recent.find('task-2', view.seq, 'listed'), undefined);
  t.equal(recent.find('task-1', view.seq + 1, 'listed'), undefined, 'an event came');
  t.equal(recent.find('task-1', view.seq, 'listed'), undefined, 'what is behind is not kept');
});

t.test('it is forgotten after a minute, also when it is asked for all the time', async (t) => {
  const clock = createSteeredClock();
  const recent = new RecentTasks(clock);
  const view = viewOf('task-1', 'hello');
  recent.keep('task-1', view, 'whole');
  for (let second = 0; second < 60; second += 10) {
    t.ok(recent.find('task-1', view.seq, 'whole'));
    await clock.advance(10_000);
  }
  await clock.advance(1);
  t.equal(recent.find('task-1', view.seq, 'whole'), undefined);
});

t.test('of too many the one that was not used for longest goes, and a huge one is never kept', async (t) => {
  const recent = new RecentTasks(createSteeredClock());
  const text = 'x'.repeat(1_000_000);
  const seqOf = (id: string) => recent.keep(id, viewOf(id, text), 'whole').view.seq;
  const seq = seqOf('task-0');
  for (let index = 1; index < 16; index++) seqOf(`task-${index}`);
  t.ok(recent.find('task-0', seq, 'whole'), 'all have room');
  seqOf('task-16');
  t.equal(recent.find('task-1', seq, 'whole'), undefined);
  t.ok(recent.find('task-0', seq, 'whole'), 'it was used');
  recent.keep('huge', viewOf('huge', text.repeat(2)), 'whole');
  t.equal(recent.find('huge', seq, 'whole'), undefined);
  t.ok(recent.find('task-2', seq, 'whole'), 'and drives out nobody');
});

function viewOf(taskId: string, text: string): TaskView {
  const view = new TaskView();
  const message = { messageId: `message of ${taskId}`, role: 'ROLE_USER', parts: [{ text }] };
  view.apply({ type: 'task.created', taskId, contextId: 'context', seq: 1, epoch: 0, at: 0, message } as TaskEvent);
  return view;
}
