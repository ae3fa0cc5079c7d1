/**
 * The official JS SDK as a 0.3 client, over both transports: its 0.3 transports by themselves, and its 1.0 client, which takes them for
 * a card of 0.3. Beside them, on the same server, the 1.0 client as ever.
 */
import {
  AgentCard,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  SendMessageRequest,
  type StreamResponse,
  SubscribeToTaskRequest,
  type Task,
  TaskPushNotificationConfig,
  TaskState,
} from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import { LegacyJsonRpcTransport, LegacyRestTransport } from '@a2a-js/sdk/compat/v0_3/client';
import t, { type Test } from 'tap';
import { userMessage } from '../support/protocol-server.js';
import { type RestServer, startRestServer } from '../support/rest-rig.js';
import { connectSdkClient } from '../support/sdk-client.js';
import { startTestHector } from '../support/start-hector.js';
import { agentSettings } from '../support/test-settings.js';
import { startWebhook } from '../support/webhook.js';

type Binding = 'JSONRPC' | 'HTTP+JSON';
type Calls = Pick<
  Client,
  | 'sendMessage'
  | 'sendMessageStream'
  | 'getTask'
  | 'cancelTask'
  | 'resubscribeTask'
  | 'createTaskPushNotificationConfig'
  | 'getTaskPushNotificationConfig'
  | 'listTaskPushNotificationConfig'
  | 'deleteTaskPushNotificationConfig'
>;

interface Connected {
  readonly client: Calls;
  readonly extendedCard: () => Promise<AgentCard>;
}

/** The 0.3 transport alone, told where to go. */
async function direct(url: string, agent: string, binding: Binding): Promise<Connected> {
  const endpoint = `${url}/agents/${agent}`;
  const client = binding === 'JSONRPC' ? new LegacyJsonRpcTransport({ endpoint }) : new LegacyRestTransport({ endpoint });
  return { client, extendedCard: () => client.getExtendedAgentCard({ tenant: '' }) };
}

/** The 1.0 client: it finds a card of 0.3 and takes the transports of that time by itself. */
async function viaCard(url: string, agent: string, binding: Binding): Promise<Connected> {
  const client = await lenientFactory(binding).createFromUrl(`${url}/agents/${agent}/`, '.well-known/agent.json');
  return { client, extendedCard: () => client.getAgentCard() };
}

function lenientFactory(binding: Binding): ClientFactory {
  const legacyCompat = { enabled: true };
  return new ClientFactory(
    ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      transports: [new JsonRpcTransportFactory({ legacyCompat }), new RestTransportFactory({ legacyCompat })],
      preferredTransports: [binding],
      cardResolver: new DefaultAgentCardResolver({ legacyCompat }),
    }),
  );
}

const CLIENTS = [
  ["the SDK's 0.3 transport", direct],
  ["the SDK's 1.0 client with a card of 0.3", viaCard],
] as const;

function message(text: string, more: Record<string, unknown> = {}): SendMessageRequest {
  return SendMessageRequest.fromJSON({ message: userMessage(text), ...more });
}

function start(t: Test) {
  return startRestServer(t, {
    http: 'node',
    server: { a2a: { legacy: true } },
    agents: { helper: agentSettings({ inputModes: ['*/*'] }) },
  });
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

async function exercise(t: Test, server: RestServer, client: Calls) {
  const sending = client.sendMessage(message('question', { configuration: { returnImmediately: false } }));
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
  t.equal(waiting.status?.state, TaskState.TASK_STATE_SUBMITTED);
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
  return sent.id;
}

for (const [name, connect] of CLIENTS) {
  for (const binding of ['JSONRPC', 'HTTP+JSON'] as const) {
    t.test(`${name} over ${binding}: send, stream, get, resubscribe, cancel (V5, S2, S3, T3, T7, N1, K1)`, async (t) => {
      const server = await start(t);
      const { client } = await connect(server.url, 'helper', binding);
      await exercise(t, server, client);
    });

    t.test(`${name} over ${binding}: every kind of part, there and back (V5)`, async (t) => {
      const server = await start(t);
      const { client } = await connect(server.url, 'helper', binding);
      const parts = [
        { text: 'a' },
        { raw: 'AAEC', mediaType: 'image/png' },
        { url: 'https://x.example/a', mediaType: 'text/csv' },
        { data: { a: [1, null] } },
      ];
      const request = message('x', { message: userMessage('x', { parts }), configuration: { returnImmediately: true } });
      const { history } = (await client.sendMessage(request)) as Task;
      t.same(history[0]?.parts, request.message?.parts);
    });

    t.test(`${name} over ${binding}: errors by name (V5, E2)`, async (t) => {
      const server = await start(t);
      const { client } = await connect(server.url, 'helper', binding);
      const { id } = await server.submit('question');
      await (await server.run(id)).finish('answer');
      for (const [error, act] of [
        ['TaskNotFoundError', () => client.getTask(GetTaskRequest.fromJSON({ id: 'none' }))],
        ['TaskNotFoundError', () => client.cancelTask(CancelTaskRequest.fromJSON({ id: 'none' }))],
        ['TaskNotCancelableError', () => client.cancelTask(CancelTaskRequest.fromJSON({ id }))],
        ['UnsupportedOperationError', () => client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id })).next()],
        ['ContentTypeNotSupportedError', () => client.sendMessage(message('x', { configuration: { acceptedOutputModes: ['image/png'] } }))],
        ['RequestMalformedError', () => client.sendMessage(message('x', { message: userMessage('x', { taskId: 'x', messageId: '' }) }))],
      ] as const) {
        await t.rejects(act() as Promise<unknown>, { name: error }, error);
      }
    });
  }
}

const AGENT = {
  instruction: 'Answer briefly.',
  extended_card: { description: 'Told to you', skills: [{ id: 'extra', name: 'Extra', description: 'More', tags: ['x'] }] },
};

for (const [name, connect] of CLIENTS) {
  for (const binding of ['JSONRPC', 'HTTP+JSON'] as const) {
    t.test(`${name} over ${binding}: configs of webhooks with a delivery, and the extended card (V5, P2, P3, P4, P5, X4)`, async (t) => {
      const push = { allow_private: ['127.0.0.0/8'], first_retry_ms: 50, timeout_ms: 500 };
      const hector = await startTestHector(t, { config: { agents: { assistant: AGENT }, server: { a2a: { legacy: true, push } } } });
      const { client, extendedCard } = await connect(hector.url, 'assistant', binding);
      const task = (await client.sendMessage(message('Hello', { configuration: { returnImmediately: false } }))) as Task;
      const webhook = await startWebhook(t);
      const config = TaskPushNotificationConfig.fromJSON({
        ...{ taskId: task.id, id: 'mine', url: webhook.url, token: 'tok' },
        authentication: { scheme: 'Bearer', credentials: 's3cret' },
      });
      t.match(await client.createTaskPushNotificationConfig(config), { taskId: task.id, id: 'mine', url: webhook.url, token: 'tok' });
      await webhook.until((received) => received.length > 0);
      t.match(webhook.received[0], {
        headers: { 'content-type': 'application/json', authorization: 'Bearer s3cret', 'x-a2a-notification-token': 'tok' },
        body: { kind: 'task', id: task.id, status: { state: 'completed' } },
      });

      const reference = { taskId: task.id, id: 'mine' };
      const read = await client.getTaskPushNotificationConfig(GetTaskPushNotificationConfigRequest.fromJSON(reference));
      t.match(read, { taskId: task.id, id: 'mine', url: webhook.url, authentication: { scheme: 'Bearer' } });
      const list = () => client.listTaskPushNotificationConfig(ListTaskPushNotificationConfigsRequest.fromJSON({ taskId: task.id }));
      t.same((await list()).configs, [read]);
      await client.deleteTaskPushNotificationConfig(DeleteTaskPushNotificationConfigRequest.fromJSON(reference));
      t.same((await list()).configs, []);

      const card = await extendedCard();
      t.equal(card.description, 'Told to you');
      t.ok(card.skills.some(({ id }) => id === 'extra'));
      t.match(card.supportedInterfaces[0], { url: `${hector.url}/agents/assistant`, protocolBinding: 'JSONRPC', protocolVersion: '0.3.0' });
    });
  }
}

for (const binding of ['JSONRPC', 'HTTP+JSON'] as const) {
  t.test(`beside 0.3 the SDK's 1.0 client works as ever over ${binding}, also with its eyes open for 0.3 (V5, AC10)`, async (t) => {
    const server = await start(t);
    const client = await connectSdkClient(server.url, 'helper', binding);
    t.equal(client.protocolVersion, '1.0');
    const id = await exercise(t, server, client);
    t.ok((await client.listTasks({ ...LIST, contextId: '' })).tasks.some((task) => task.id === id));
    await t.rejects(client.getTask(GetTaskRequest.fromJSON({ id: 'none' })), { name: 'TaskNotFoundError' });

    const factory = lenientFactory(binding);
    const both = AgentCard.fromJSON(await (await fetch(`${server.url}/agents/helper`)).json());
    for (const open of [
      await factory.createFromUrl(`${server.url}/agents/helper/`, '.well-known/agent-card.json'),
      await factory.createFromAgentCard(both),
    ]) {
      t.equal(open.protocolVersion, '1.0');
      t.equal((await open.getTask(GetTaskRequest.fromJSON({ id }))).id, id);
    }
  });
}

const LIST = { tenant: '', status: TaskState.TASK_STATE_UNSPECIFIED, pageToken: '', statusTimestampAfter: undefined };
