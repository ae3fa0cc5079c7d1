/** The official JS SDK's client gets the same named errors, and the same tenants, over each of its transports. */
import { randomUUID } from 'node:crypto';
import {
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  SendMessageRequest,
  SubscribeToTaskRequest,
  type Task,
  TaskPushNotificationConfig,
  TaskState,
} from '@a2a-js/sdk';
import t from 'tap';
import { connectSdkClient, SDK_TRANSPORTS } from '../support/sdk-client.js';
import { startTestHector } from '../support/start-hector.js';

const LLMS = { slow: { provider: 'offline', first_token_ms: 60_000 }, fast: { provider: 'offline' } };

for (const transport of SDK_TRANSPORTS) {
  t.test(`the SDK client gets the named errors over ${transport} (E2, E3, K2, N2, P1, P3, P5, S5, S6, S7, T1, T8)`, async (t) => {
    const hector = await startTestHector(t, {
      config: {
        llms: LLMS,
        agents: { assistant: { llm: 'fast' }, mute: { llm: 'fast', streaming: false } },
        server: { grpc_port: 0, shutdown_timeout_ms: 100 },
      },
    });
    const client = await connectSdkClient(hector.url, 'assistant', transport);
    const { id } = (await client.sendMessage(request('Hello'))) as Task;
    const none = randomUUID();
    const hook = { taskId: none, id: 'mine', url: 'https://example.com/hook' };
    const png = { acceptedOutputModes: ['image/png'] };
    const mute = await connectSdkClient(hector.url, 'mute', transport);
    for (const [name, act] of [
      ['TaskNotFoundError', () => client.getTask(GetTaskRequest.fromJSON({ id: none }))],
      ['TaskNotFoundError', () => client.cancelTask(CancelTaskRequest.fromJSON({ id: none }))],
      ['TaskNotFoundError', () => client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id: none })).next()],
      ['TaskNotFoundError', () => client.sendMessage(request('Hello', { taskId: none }))],
      ['TaskNotFoundError', () => client.createTaskPushNotificationConfig(TaskPushNotificationConfig.fromJSON(hook))],
      ['TaskNotFoundError', () => client.getTaskPushNotificationConfig(GetTaskPushNotificationConfigRequest.fromJSON(hook))],
      ['TaskNotFoundError', () => client.deleteTaskPushNotificationConfig(DeleteTaskPushNotificationConfigRequest.fromJSON(hook))],
      ['TaskNotCancelableError', () => client.cancelTask(CancelTaskRequest.fromJSON({ id }))],
      ['UnsupportedOperationError', () => client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id })).next()],
      ['UnsupportedOperationError', () => client.sendMessage(request('More', { taskId: id }))],
      ['ContentTypeNotSupportedError', () => client.sendMessage(request('Hello', {}, png))],
      ['ContentTypeNotSupportedError', () => client.sendMessage(request('', { parts: [{ raw: 'AAAA', mediaType: 'image/png' }] }))],
      ['UnsupportedOperationError', () => mute.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id })).next()],
    ] as const)
      t.equal(await nameOfError(act), name, act.toString().slice(6));
  });

  t.test(`what a tenant made exists for that tenant alone, over ${transport} (U1, N1, T7)`, async (t) => {
    const hector = await startTestHector(t, {
      config: { llms: LLMS, agents: { assistant: { llm: 'slow' } }, server: { grpc_port: 0, shutdown_timeout_ms: 100 } },
    });
    const client = await connectSdkClient(hector.url, 'assistant', transport);
    // Over gRPC the field names the agent too.
    const tenant = transport === 'GRPC' ? 'assistant/acme & co' : 'acme & co';
    const { id } = (await client.sendMessage({ ...request('Hello', {}, { returnImmediately: true }), tenant })) as Task;
    t.equal((await client.getTask(GetTaskRequest.fromJSON({ id, tenant }))).id, id);
    t.equal(await nameOfError(() => client.getTask(GetTaskRequest.fromJSON({ id }))), 'TaskNotFoundError');
    const first = await client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id, tenant })).next();
    t.equal(first.value?.payload?.$case, 'task');
    t.equal((await client.cancelTask(CancelTaskRequest.fromJSON({ id, tenant }))).status?.state, TaskState.TASK_STATE_CANCELED);
  });
}

async function nameOfError(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return 'none';
  } catch (error) {
    return (error as Error).name;
  }
}

function request(text: string, message: object = {}, configuration: object = {}): SendMessageRequest {
  return SendMessageRequest.fromJSON({
    message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }], ...message },
    configuration,
  });
}
