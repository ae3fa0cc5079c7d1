import t from 'tap';
import type { OperationCall, OperationDependencies } from '../../../src/a2a/operation-call.js';
import { sendMessage } from '../../../src/a2a/send-message.js';
import type { TaskEvent } from '../../../src/tasks/task-event.js';
import type { TaskRecord } from '../../../src/tasks/task-store.js';
import { agentSettings, serverSettings } from '../../support/test-settings.js';

t.test('a run that began at once is shown from what was committed: its log is not read, and as it was then (S3)', async (t) => {
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Go' }] } as const;
  const of = { taskId: 'task', contextId: 'context', epoch: 0, at: 0 };
  const log: readonly TaskEvent[] = [
    { ...of, seq: 1, type: 'task.created', message },
    { ...of, seq: 2, epoch: 1, type: 'status.changed', status: { state: 'TASK_STATE_WORKING' } },
  ];
  let begins = true;
  const dependencies = {
    settings: () => ({ version: '1', server: serverSettings() }),
    acceptMessage: async ({ onBegun }: { onBegun(events: readonly TaskEvent[]): void }) => {
      if (begins) onBegun(log);
      return { id: 'task' } as TaskRecord;
    },
    store: { events: async () => (begins ? t.fail('the log is read') : log.slice(0, 1)) },
  } as unknown as OperationDependencies;
  const call = {
    agent: 'helper',
    agentSettings: agentSettings(),
    principal: { type: 'anonymous' },
    tenant: '',
    signal: new AbortController().signal,
  } as unknown as OperationCall;
  const send = () => sendMessage(dependencies, { message, configuration: { returnImmediately: true } }, call);
  t.match(await send(), {
    task: { id: 'task', contextId: 'context', status: { state: 'TASK_STATE_WORKING' }, history: [{ messageId: 'm' }] },
  });
  begins = false;
  t.match(await send(), { task: { id: 'task', status: { state: 'TASK_STATE_SUBMITTED' } } }, 'one that waits in the queue');
});
