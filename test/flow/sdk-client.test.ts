/** The official JS SDK's client drives the server end to end. */
import { randomUUID } from 'node:crypto';
import {
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  type Part,
  SendMessageRequest,
  StreamResponse,
  type Task,
  TaskPushNotificationConfig,
  TaskState,
} from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import t from 'tap';
import { connectSdkClient, SDK_TRANSPORTS } from '../support/sdk-client.js';
import { startTestHector } from '../support/start-hector.js';
import { isEnded, startWebhook } from '../support/webhook.js';

const CONFIG = { agents: { assistant: { instruction: 'Answer briefly.' } } };

for (const legacy of [false, true]) {
  t.test(`the SDK client finds the card, sends, streams, reads and cancels${legacy ? ', beside 0.3' : ''}`, async (t) => {
    const hector = await startTestHector(t, { config: { ...CONFIG, server: { a2a: { legacy } } } });
    const client = await new ClientFactory().createFromUrl(`${hector.url}/agents/assistant/`, '.well-known/agent-card.json');

    const sent = (await client.sendMessage(request('Hello'))) as Task;
    t.equal(sent.status?.state, TaskState.TASK_STATE_COMPLETED);
    t.ok(textOf(sent.artifacts[0]?.parts).length > 0, 'the answer is in an artifact (D8)');

    const cases: (string | undefined)[] = [];
    let streamedState: TaskState | undefined;
    for await (const { payload } of client.sendMessageStream(request('Hello again', sent.contextId))) {
      cases.push(payload?.$case);
      if (payload?.$case === 'statusUpdate') streamedState = payload.value.status?.state;
      if (payload?.$case === 'task') t.equal(payload.value.contextId, sent.contextId, 'the second task is in the same context (M6)');
    }
    t.equal(cases[0], 'task', 'the stream starts with the task (T3)');
    t.ok(cases.includes('artifactUpdate'));
    t.equal(streamedState, TaskState.TASK_STATE_COMPLETED);

    const read = await client.getTask(GetTaskRequest.fromJSON({ id: sent.id }));
    t.equal(read.id, sent.id);
    t.equal(textOf(read.history[0]?.parts), 'Hello');
    await t.rejects(
      client.cancelTask(CancelTaskRequest.fromJSON({ id: sent.id })),
      /has already ended/,
      'a completed task cannot be canceled (N2)',
    );
    await t.rejects(client.getTask(GetTaskRequest.fromJSON({ id: randomUUID() })), /not found/i, 'an unknown task is not found (K2)');
  });
}

for (const { transport, legacy } of SDK_TRANSPORTS.flatMap((transport) => [false, true].map((legacy) => ({ transport, legacy })))) {
  t.test(
    `the SDK client registers, reads, lists and deletes webhooks over ${transport}${legacy ? ' beside 0.3' : ''}, and one that comes with a message is told all (P1–P5, S9)`,
    async (t) => {
      const webhook = await startWebhook(t);
      const push = { allow_private: ['127.0.0.1'] };
      const hector = await startTestHector(t, {
        config: { agents: { other: {}, ...CONFIG.agents }, server: { grpc_port: 0, a2a: { legacy, push } } },
      });
      const client = await connectSdkClient(hector.url, 'assistant', transport);
      const taskPushNotificationConfig = { url: webhook.url, token: 'tok', authentication: { scheme: 'Bearer', credentials: 'c' } };
      const sent = (await client.sendMessage(
        SendMessageRequest.fromJSON({
          message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Hello' }] },
          configuration: { taskPushNotificationConfig },
        }),
      )) as Task;
      await webhook.until(isEnded);
      t.equal(webhook.received[0]?.headers['x-a2a-notification-token'], 'tok');
      for (const { body } of webhook.received) t.ok(StreamResponse.fromJSON(body).payload, 'the SDK reads what the webhook gets');

      const made = await client.createTaskPushNotificationConfig(
        TaskPushNotificationConfig.fromJSON({ taskId: sent.id, id: 'mine', url: webhook.url }),
      );
      t.match(made, { taskId: sent.id, id: 'mine', url: webhook.url });
      const reference = { taskId: sent.id, id: 'mine' };
      t.same(await client.getTaskPushNotificationConfig(GetTaskPushNotificationConfigRequest.fromJSON(reference)), made);
      const list = async () =>
        (await client.listTaskPushNotificationConfig(ListTaskPushNotificationConfigsRequest.fromJSON(reference))).configs;
      t.equal((await list()).length, 2);
      await client.deleteTaskPushNotificationConfig(DeleteTaskPushNotificationConfigRequest.fromJSON(reference));
      t.equal((await list()).length, 1);

      const tenant = transport === 'GRPC' ? 'assistant/acme' : 'acme';
      const { id: taskId } = (await client.sendMessage({ ...request('Hello'), tenant })) as Task;
      const owned = TaskPushNotificationConfig.fromJSON({ tenant, taskId, id: 'mine', url: webhook.url });
      const answered = await client.createTaskPushNotificationConfig(owned);
      t.equal(answered.tenant, tenant);
      t.same(await client.createTaskPushNotificationConfig(answered), answered, 'what was answered can be sent again (U1)');
    },
  );
}

function request(text: string, contextId = ''): SendMessageRequest {
  return SendMessageRequest.fromJSON({ message: { messageId: randomUUID(), contextId, role: 'ROLE_USER', parts: [{ text }] } });
}

function textOf(parts: readonly Part[] = []): string {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}
