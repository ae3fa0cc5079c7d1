/** HTTP+JSON through the whole of Hector: the README's examples, and the official JS SDK's client. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CancelTaskRequest, GetTaskRequest, SendMessageRequest, type Task, TaskState } from '@a2a-js/sdk';
import { ClientFactory, RestTransportFactory } from '@a2a-js/sdk/client';
import t from 'tap';
import { startTestHector } from '../support/start-hector.js';
import { startWebhook } from '../support/webhook.js';

const CONFIG = { agents: { assistant: { instruction: 'Answer briefly.' } } };

t.test('the curl commands of the README reach their operations, which answer (RE1, RE2, RE4, RE6)', async (t) => {
  const webhook = await startWebhook(t);
  const hector = await startTestHector(t, { config: { ...CONFIG, server: { a2a: { push: { allow_private: ['127.0.0.1'] } } } } });
  const variables: Record<string, string> = { HECTOR: `${hector.url}/agents/assistant` };
  const examples = readExamples('HTTP+JSON');
  t.equal(examples.length, 12, 'eleven operations and a tenant');
  for (const { name, command } of examples) {
    const response = await runCurl(command.replace('https://example.com/hook', webhook.url), variables);
    const text = await response.text();
    if (name.startsWith('Create')) variables['CONFIG'] = JSON.parse(text).id;
    variables['TASK'] ??= /"task":\{"id":"([^"]+)"/.exec(text)?.[1] ?? '';
    if (response.status === 200) continue;
    // The task has ended, it has no tenant, and the agent has no extended card.
    const { reason } = JSON.parse(text).error.details[0];
    const isExpected = /^(CancelTask|SubscribeToTask|GetExtendedAgentCard|any)/.test(name) && EXPECTED_REASONS.has(reason);
    t.ok(isExpected, `${name}: ${response.status} ${reason}`);
  }
});

t.test('the curl commands of the README for 0.3 are answered as it says (V5)', async (t) => {
  const hector = await startTestHector(t, { config: { ...CONFIG, server: { a2a: { legacy: true } } } });
  const answers = [{ protocolVersion: '0.3.0' }, { result: { kind: 'task' } }, { task: { status: { state: 'TASK_STATE_COMPLETED' } } }];
  const examples = readExamples('A2A 0.3');
  t.equal(examples.length, answers.length);
  for (const [index, { name, command }] of examples.entries()) {
    const response = await runCurl(command, { HECTOR: hector.url });
    t.match(await response.json(), answers[index], name);
  }
});

t.test('the SDK client sends, streams, reads and is refused over REST (S2, T3, K1, N2)', async (t) => {
  const hector = await startTestHector(t, { config: CONFIG });
  const factory = new ClientFactory({ transports: [new RestTransportFactory()] });
  const client = await factory.createFromUrl(`${hector.url}/agents/assistant/`, '.well-known/agent-card.json');
  const request = (text: string) =>
    SendMessageRequest.fromJSON({ message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }] } });

  const sent = (await client.sendMessage(request('Hello'))) as Task;
  t.equal(sent.status?.state, TaskState.TASK_STATE_COMPLETED);
  const kinds = new Set<string | undefined>();
  let last: TaskState | undefined;
  for await (const { payload } of client.sendMessageStream(request('Hello again'))) {
    kinds.add(payload?.$case);
    if (payload?.$case === 'statusUpdate') last = payload.value.status?.state;
  }
  t.same([...kinds].sort(), ['artifactUpdate', 'statusUpdate', 'task']);
  t.equal(last, TaskState.TASK_STATE_COMPLETED);
  t.same((await client.getTask(GetTaskRequest.fromJSON({ id: sent.id }))).artifacts, sent.artifacts);
  await t.rejects(client.cancelTask(CancelTaskRequest.fromJSON({ id: sent.id })), { name: 'TaskNotCancelableError' });
  await t.rejects(client.getTask(GetTaskRequest.fromJSON({ id: randomUUID() })), { name: 'TaskNotFoundError' });
});

const EXPECTED_REASONS = new Set(['TASK_NOT_CANCELABLE', 'TASK_NOT_FOUND', 'UNSUPPORTED_OPERATION']);

interface Example {
  readonly name: string;
  readonly command: string;
}

function readExamples(heading: string): Example[] {
  const section = readFileSync('src/a2a/README.md', 'utf8').split(`\n## ${heading}\n`)[1] ?? '';
  const block = /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  return [...block.matchAll(/^# (.*)\n(curl .*)$/gm)].map(([, name = '', command = '']) => ({ name, command }));
}

/** The few options of curl that the README uses. */
function runCurl(command: string, variables: Readonly<Record<string, string>>): Promise<Response> {
  const expand = (text: string) => text.replace(/\$\{?(\w+)\}?/g, (_all, name: string) => variables[name] ?? '');
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? expand(double ?? bare ?? ''),
  );
  const headers: [string, string][] = [];
  let url = '';
  let method: string | undefined;
  let body: string | undefined;
  for (let index = 1; index < words.length; index++) {
    const word = words[index] as string;
    const value = words[index + 1] ?? '';
    if (word === '-N') continue;
    if (word.startsWith('-')) index++;
    if (word === '-H') headers.push(value.split(': ', 2) as [string, string]);
    else if (word === '-X') method = value;
    else if (word === '-d') body = value;
    else if (word.startsWith('-')) throw new Error(`curl ${word} is not known here`);
    else url = word;
  }
  return fetch(url, { method: method ?? (body === undefined ? 'GET' : 'POST'), headers, ...(body === undefined ? {} : { body }) });
}
