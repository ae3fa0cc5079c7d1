/** gRPC in the whole of Hector: found by its card with the official SDK's client, and ended by SIGTERM. */
import { randomUUID } from 'node:crypto';
import {
  CancelTaskRequest,
  GetTaskRequest,
  type Part,
  SendMessageRequest,
  SubscribeToTaskRequest,
  type Task,
  TaskState,
} from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { credentials, status } from '@grpc/grpc-js';
import t from 'tap';
import { callsOf, connectClient } from '../support/grpc-rig.js';
import { freePort, spawnHector, startTestHector, temporaryDirectory } from '../support/start-hector.js';

const AGENTS = { assistant: { instruction: 'Answer briefly.' }, second: { instruction: 'Answer briefly.' } };
const factory = new ClientFactory({
  transports: [new GrpcTransportFactory({ grpcChannelCredentials: credentials.createInsecure() })],
  preferredTransports: ['GRPC'],
});

t.test(
  'the SDK client finds gRPC on the card, sends, streams, subscribes, reads and cancels (API-60, AC9, U1, GR1, GR3, W-05)',
  async (t) => {
    const hector = await startTestHector(t, { config: { agents: AGENTS, server: { grpc_port: 0 } } });
    t.ok((hector.grpcPort as number) > 0);
    const client = await factory.createFromUrl(`${hector.url}/agents/second/`, '.well-known/agent-card.json');

    const sent = (await client.sendMessage(request('Hello'))) as Task;
    t.equal(sent.status?.state, TaskState.TASK_STATE_COMPLETED);
    t.ok(textOf(sent.artifacts[0]?.parts).length > 0);
    const overHttp = await fetch(`${hector.url}/agents/second`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: sent.id } }),
    });
    const { result } = (await overHttp.json()) as { result: { artifacts: { parts: { text: string }[] }[] } };
    t.equal(result.artifacts[0]?.parts[0]?.text, textOf(sent.artifacts[0]?.parts), 'the task is that of the agent that the card named');

    const cases: (string | undefined)[] = [];
    for await (const { payload } of client.sendMessageStream(request('Hello again'))) cases.push(payload?.$case);
    t.equal(cases[0], 'task');
    t.ok(cases.includes('artifactUpdate'));
    t.equal(cases.at(-1), 'statusUpdate');

    const read = await client.getTask(GetTaskRequest.fromJSON({ id: sent.id }));
    t.equal(textOf(read.history[0]?.parts), 'Hello');
    await t.rejects(client.cancelTask(CancelTaskRequest.fromJSON({ id: sent.id })), { name: 'TaskNotCancelableError' }, 'N2');
    await t.rejects(client.getTask(GetTaskRequest.fromJSON({ id: randomUUID() })), { name: 'TaskNotFoundError' }, 'K2');
    const subscribing = client.resubscribeTask(SubscribeToTaskRequest.fromJSON({ id: sent.id }))[Symbol.asyncIterator]();
    await t.rejects(subscribing.next(), { name: 'UnsupportedOperationError' }, 'T8');
  },
);

t.test('without server.grpc_port there is no gRPC, and no card speaks of it (API-60)', async (t) => {
  const hector = await startTestHector(t, { config: { agents: AGENTS } });
  t.equal(hector.grpcPort, undefined);
  const card = await (await fetch(`${hector.url}/.well-known/agent-card.json`)).text();
  t.notMatch(card, /GRPC/);
});

t.test('SIGTERM ends streams with UNAVAILABLE, lets the program end well and names the port at start (E8, R6, CLI-51)', async (t) => {
  const directory = await temporaryDirectory(t);
  const port = await freePort();
  // Slower than the signal, so that every stream is open when it comes.
  const llms = { slow: { provider: 'offline', first_token_ms: 1500 } };
  const config = { llms, agents: { assistant: { llm: 'slow' } }, server: { host: '127.0.0.1', grpc_port: port } };
  const program = await spawnHector(t, { directory, config });
  t.match(program.output(), `127.0.0.1:${port}`);
  const { stream } = callsOf(connectClient(t, port));
  const streams = Array.from({ length: 20 }, (_, index) =>
    stream('SendStreamingMessage', { message: { messageId: `m${index}`, role: 'ROLE_USER', parts: [{ text: 'Hello' }] } }),
  );
  await Promise.all(streams.map(({ headers }) => headers));
  program.child.kill('SIGTERM');
  for (const open of streams) {
    await open.rest();
    const { code, details } = await open.ended;
    t.equal(code, status.UNAVAILABLE);
    t.ok(details.some((detail) => 'retryDelayMs' in detail));
  }
  t.equal(await program.exited, 0);
});

function request(text: string): SendMessageRequest {
  return SendMessageRequest.fromJSON({ message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }] } });
}

function textOf(parts: readonly Part[] = []): string {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}
