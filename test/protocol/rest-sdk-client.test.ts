/** The official JS SDK's client over its REST transport, against a worker that the test steers. */
import {
  CancelTaskRequest,
  GetTaskRequest,
  SendMessageRequest,
  type StreamResponse,
  SubscribeToTaskRequest,
  type Task,
  TaskState,
} from '@a2a-js/sdk';
import { type Client, ClientFactory, ClientFactoryOptions, RestTransportFactory } from '@a2a-js/sdk/client';
import t from 'tap';
import { userMessage } from '../support/protocol-server.js';
import { type RestServer, startRestServer } from '../support/rest-rig.js';

function connect(server: RestServer): Promise<Client> {
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [new RestTransportFactory()],
    preferredTransports: ['HTTP+JSON'],
  });
  return new ClientFactory(options).createFromUrl(`${server.url}/agents/helper/`, '.well-known/agent-card.json');
}

function message(text: string, more: Record<string, unknown> = {}): SendMessageRequest {
  return SendMessageRequest.fromJSON({ message: userMessage(text), ...more });
}

/** Kinds of the events, with the state or text that each brings. */
function brief({ payload }: StreamResponse): string {
  switch (payload?.$case) {
    case 'task':
    case 'statusUpdate':
      return `${payload.$case} ${TaskState[payload.value.status?.state ?? 0]?.slice(11)}`;
    case 'artifactUpdate':
      return `artifact ${payload.value.artifact?.parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('')}`;
    default:
      return 'unknown';
  }
}

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}`, async (t) => {
    t.test('the SDK sends, streams, reads, subscribes and cancels over REST (RE1, RE4, S2, S3, T3, T7, K1, N1)', async (t) => {
      const server = await startRestServer(t, { http });
      const client = await connect(server);
      const sending = client.sendMessage(message('question'));
      await (await server.nextRun()).finish('answer');
      const sent = (await sending) as Task;
      t.equal(sent.status?.state, TaskState.TASK_STATE_COMPLETED);
      t.match(sent.artifacts[0]?.parts[0]?.content, { $case: 'text', value: 'answer' });

      const streamed: string[] = [];
      for await (const event of client.sendMessageStream(message('again'))) {
        streamed.push(brief(event));
        if (streamed.length === 1) await (await server.nextRun()).finish('streamed');
      }
      t.same(streamed, ['task SUBMITTED', 'statusUpdate WORKING', 'artifact streamed', 'statusUpdate COMPLETED']);

      const read = await client.getTask(GetTaskRequest.fromJSON({ id: sent.id, historyLength: 1 }));
      t.equal(read.id, sent.id);
      t.equal(read.history.length, 1);

      const waiting = (await client.sendMessage(message('long', { configuration: { returnImmediately: true } }))) as Task;
      const run = await server.nextRun();
      const watched: string[] = [];
      for await (const event of client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id: waiting.id }))) {
        watched.push(brief(event));
        if (watched.length === 1) await run.preview('so far');
        if (watched.length === 2) {
          const canceled = await client.cancelTask(CancelTaskRequest.fromJSON({ id: waiting.id }));
          t.equal(canceled.status?.state, TaskState.TASK_STATE_CANCELED);
        }
      }
      t.same([watched[0], watched[1], watched.at(-1)], ['task WORKING', 'artifact so far', 'statusUpdate CANCELED']);
    });

    t.test('the SDK gets the named errors, with their messages (E2, E3, N2, T8, S6)', async (t) => {
      const server = await startRestServer(t, { http });
      const client = await connect(server);
      const { id } = await server.submit('question');
      await (await server.run(id)).finish('answer');
      const none = '0 0/%';
      for (const [name, act] of [
        ['TaskNotFoundError', () => client.getTask(GetTaskRequest.fromJSON({ id: none }))],
        ['TaskNotFoundError', () => client.cancelTask(CancelTaskRequest.fromJSON({ id: none }))],
        ['TaskNotFoundError', () => client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id: none })).next()],
        ['TaskNotCancelableError', () => client.cancelTask(CancelTaskRequest.fromJSON({ id }))],
        ['UnsupportedOperationError', () => client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id })).next()],
        ['ContentTypeNotSupportedError', () => client.sendMessage(message('x', { configuration: { acceptedOutputModes: ['image/png'] } }))],
      ] as const) {
        const error = (await act().then(
          () => undefined,
          (thrown: unknown) => thrown,
        )) as (Error & { transport?: string }) | undefined;
        t.equal(error?.name, name);
        t.equal(error?.transport, 'rest');
      }
      await t.rejects(client.getTask(GetTaskRequest.fromJSON({ id: none })), { message: "Task '0 0/%' not found" });
    });

    t.test("the SDK's tenant goes before the path (U1, RE1)", async (t) => {
      const server = await startRestServer(t, { http });
      const client = await connect(server);
      const tenant = 'acme & co/7';
      const configuration = { returnImmediately: true };
      const { id } = (await client.sendMessage(message('question', { tenant, configuration }))) as Task;
      t.equal((await client.getTask(GetTaskRequest.fromJSON({ id, tenant }))).id, id);
      await t.rejects(client.getTask(GetTaskRequest.fromJSON({ id })), { name: 'TaskNotFoundError' });
      const first = await client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id, tenant })).next();
      t.equal(first.done, false);
      t.equal((await client.cancelTask(CancelTaskRequest.fromJSON({ id, tenant }))).status?.state, TaskState.TASK_STATE_CANCELED);
    });
  });
}
