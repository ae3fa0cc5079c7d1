import t from 'tap';
import { projectTask } from '../../../src/a2a/project-task.js';
import type { TaskState } from '../../../src/protocol/a2a.js';
import type { TaskEvent, TaskEventBody } from '../../../src/tasks/task-event.js';

const event = (seq: number, body: TaskEventBody): TaskEvent => ({ ...body, taskId: 't', contextId: 'c', seq, epoch: 1, at: seq });
const status = (seq: number, state: TaskState, metadata?: Record<string, string | boolean>): TaskEvent =>
  event(seq, { type: 'status.changed', status: { state }, ...(metadata === undefined ? {} : { metadata }) });

t.test('what a status tells of a wait is the task’s metadata for as long as it waits (API-55)', async (t) => {
  const message = { messageId: 'm', role: 'ROLE_USER' as const, parts: [{ text: 'x' }] };
  const events = [
    event(1, { type: 'task.created', message, metadata: { own: true } }),
    status(2, 'TASK_STATE_INPUT_REQUIRED', { input_required: true, input_prompt: 'a?' }),
  ];
  t.same(projectTask(events).metadata, { own: true, input_required: true, input_prompt: 'a?' });
  const again = [...events, status(3, 'TASK_STATE_WORKING'), status(4, 'TASK_STATE_INPUT_REQUIRED', { input_required: true })];
  t.same(projectTask(again).metadata, { own: true, input_required: true });
  const answered = [...events, event(3, { type: 'message.added', message })];
  t.same(projectTask(answered).metadata, { own: true });
  t.same(projectTask([...answered, status(4, 'TASK_STATE_COMPLETED', { usage: true })]).metadata, { own: true, usage: true });
});

t.test('a text that only ends an artifact leaves no empty part behind, and one that is all there is stays (D4, T11)', async (t) => {
  const text = (seq: number, said: string, append: boolean) =>
    event(seq, { type: 'artifact.updated', artifact: { artifactId: 'a', parts: [{ text: said }] }, append, lastChunk: append });
  t.same(projectTask([text(1, 'all', false), text(2, '', true)]).artifacts, [{ artifactId: 'a', parts: [{ text: 'all' }] }]);
  t.same(projectTask([text(1, '', false), text(2, '', true)]).artifacts, [{ artifactId: 'a', parts: [{ text: '' }] }]);
});
