/** The official JS SDK's client drives the server end to end. */

import { randomUUID } from 'node:crypto';
import { Role, TaskState } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import t from 'tap';
import { startTestHector } from '../support/start-hector.js';

const CONFIG = { agents: { assistant: { instruction: 'Answer briefly.' } } };

function request(text: string, extra: Record<string, unknown> = {}): any {
  return {
    tenant: '',
    message: {
      messageId: randomUUID(),
      contextId: '',
      taskId: '',
      role: Role.ROLE_USER,
      parts: [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
      ...extra,
    },
    configuration: undefined,
    metadata: undefined,
  };
}

t.test('the SDK client finds the card, sends, streams, reads and cancels', async (t) => {
  const hector = await startTestHector(t, { config: CONFIG });
  const client = await new ClientFactory().createFromUrl(`${hector.url}/agents/assistant/`, '.well-known/agent-card.json');

  const sent: any = await client.sendMessage(request('Hello'));
  t.equal(sent.status.state, TaskState.TASK_STATE_COMPLETED);
  t.ok(sent.artifacts[0].parts[0].content.value.length > 0, 'the answer is in an artifact (D8)');

  const cases: string[] = [];
  let streamedState: TaskState | undefined;
  for await (const event of client.sendMessageStream(request('Hello again', { contextId: sent.contextId }))) {
    const payload = (event as any).payload;
    cases.push(payload.$case);
    if (payload.$case === 'statusUpdate') streamedState = payload.value.status.state;
    if (payload.$case === 'task') t.equal(payload.value.contextId, sent.contextId, 'the second task is in the same context (M6)');
  }
  t.equal(cases[0], 'task', 'the stream starts with the task (T3)');
  t.ok(cases.includes('artifactUpdate'));
  t.equal(streamedState, TaskState.TASK_STATE_COMPLETED);

  const read: any = await client.getTask({ tenant: '', id: sent.id, historyLength: undefined } as any);
  t.equal(read.id, sent.id);
  t.equal(read.history[0].parts[0].content.value, 'Hello');
  await t.rejects(
    client.cancelTask({ tenant: '', id: sent.id, metadata: undefined } as any),
    /has already ended/,
    'a completed task cannot be canceled (N2)',
  );
  await t.rejects(client.getTask({ tenant: '', id: randomUUID(), historyLength: undefined } as any), /not found/i);
});
