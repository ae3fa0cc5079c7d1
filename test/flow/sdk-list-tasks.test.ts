/** The official JS SDK's client lists tasks, over the whole stack. */
import { randomUUID } from 'node:crypto';
import { ListTasksRequest, SendMessageRequest, type Task, TaskState } from '@a2a-js/sdk';
import type { Client } from '@a2a-js/sdk/client';
import t from 'tap';
import { connectSdkClient, SDK_TRANSPORTS } from '../support/sdk-client.js';
import { startTestHector } from '../support/start-hector.js';

const CONFIG = { agents: { assistant: { instruction: 'Answer briefly.' } }, server: { grpc_port: 0 } };

for (const transport of SDK_TRANSPORTS) {
  t.test(`the SDK client lists tasks over ${transport} page by page, with filters and with artifacts (L2, L4, L5, L6)`, async (t) => {
    const hector = await startTestHector(t, { config: CONFIG });
    const client = await connectSdkClient(hector.url, 'assistant', transport);
    const sent: Task[] = [];
    for (let index = 0; index < 5; index++) sent.push((await client.sendMessage(request(`Question ${index}`))) as Task);

    const all = await pagesOf(client, { pageSize: 2 });
    t.same(
      all.map(({ id }) => id),
      sent.map(({ id }) => id).reverse(),
      'the newest first',
    );
    for (const { status, artifacts } of all) {
      t.equal(status?.state, TaskState.TASK_STATE_COMPLETED);
      t.same(artifacts, []);
    }
    const [first] = await pagesOf(client, { contextId: sent[0]?.contextId, includeArtifacts: true, historyLength: 1 });
    t.same(first?.artifacts, sent[0]?.artifacts);
    t.equal(first?.history.length, 1);
    t.same(await pagesOf(client, { status: 'TASK_STATE_WORKING' }), []);
    const since = { statusTimestampAfter: sent[3]?.status?.timestamp };
    t.same(
      (await pagesOf(client, since)).map(({ id }) => id),
      [sent[4]?.id, sent[3]?.id],
    );
    await t.rejects(client.listTasks(ListTasksRequest.fromJSON({ pageSize: 150 })), /from 1 to 100/, 'out of range (L7)');
    await t.rejects(client.listTasks(ListTasksRequest.fromJSON({ pageToken: 'x' })), /pageToken/);
  });
}

async function pagesOf(client: Client, params: object): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (let pageToken = ''; ; ) {
    const page = await client.listTasks(ListTasksRequest.fromJSON({ ...params, pageToken }));
    tasks.push(...page.tasks);
    if (page.nextPageToken === '') return tasks;
    pageToken = page.nextPageToken;
  }
}

function request(text: string): SendMessageRequest {
  return SendMessageRequest.fromJSON({ message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }] } });
}
