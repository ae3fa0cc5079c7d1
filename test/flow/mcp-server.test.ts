/** The official SDK's client uses Hector's agents as tools of an MCP server (W-160). */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import type { Hector } from '../../src/compose.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import { rpc, type WireTask } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { createScriptedModel, type ScriptedTurn } from '../support/scripted-llm.js';
import { startTestHector } from '../support/start-hector.js';

const CONFIG = {
  server: { mcp: { enabled: true } },
  agents: { clerk: { description: 'Pays bills.', tools: ['pay'] }, secret: { visibility: 'private', tools: [] } },
};
const PAY: Tool = {
  name: 'pay',
  description: 'Pays',
  parameters: { type: 'object', properties: { cents: { type: 'integer' } } },
  effect: 'once',
  requiresApproval: true,
  execute: async () => ({ content: 'paid' }),
};

async function start(
  t: Test,
  turns: readonly ScriptedTurn[],
  config: JsonObject = CONFIG,
  directory?: string,
): Promise<Hector & { readonly directory: string }> {
  const model = createScriptedModel(t, turns);
  return startTestHector(t, {
    config,
    extensions: { createLanguageModel: () => model, tools: [PAY] },
    ...(directory === undefined ? {} : { directory }),
  });
}

async function connect(t: Test, url: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  t.teardown(() => client.close());
  return client;
}

function textOf(result: unknown): string {
  return (result as CallToolResult).content.map((block) => ('text' in block ? block.text : `[${block.type}]`)).join('');
}

t.test('agents that the caller may see are tools; a call is a task, with progress, text and the task itself', async (t) => {
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const hector = await start(t, [{ say: ['Hello ', { gate }, 'Ada.'] }]);
  const client = await connect(t, `${hector.url}/mcp`);
  const { tools } = await client.listTools();
  t.match(tools, [{ name: 'clerk', description: /Pays bills\./, inputSchema: { required: ['request'] } }]);
  t.equal(tools.length, 1, 'a private agent is no tool');
  const progress: string[] = [];
  const result = await client.callTool({ name: 'clerk', arguments: { request: 'Greet Ada' } }, undefined, {
    onprogress({ message = '' }) {
      progress.push(message);
      goOn();
    },
    // The agent goes on when its progress has come, and not at all without.
    timeout: 15_000,
  });
  t.equal(textOf(result), 'Hello Ada.');
  t.notOk(result.isError);
  const { taskId, contextId } = result.structuredContent as { taskId: string; contextId: string };
  t.match(result.structuredContent, {
    state: 'TASK_STATE_COMPLETED',
    task: { id: taskId, contextId, artifacts: [{ parts: [{ text: 'Hello Ada.' }] }] },
  });
  t.match(progress[0], /^Hello/);
  t.ok('Hello Ada.'.startsWith(progress.join('')), 'progress is what was written, as far as it came before the result');
  const read = await rpc(`${hector.url}/agents/clerk`, 'GetTask', { id: taskId });
  t.equal((read.body.result as unknown as WireTask).status.state, 'TASK_STATE_COMPLETED', 'the same task over A2A');
  await t.rejects(client.callTool({ name: 'secret', arguments: { request: 'x' } }), /Unknown tool: secret/);
  await t.rejects(client.listResources(), /does not support resources|Method not found/);
});

t.test('a task that waits says so, and the tool called again with its id answers it (TOOL-60, TOOL-64)', async (t) => {
  const hector = await start(t, [{ say: [{ call: { name: 'pay', arguments: { cents: 5 } } }] }, { say: ['Done.'] }]);
  const client = await connect(t, `${hector.url}/agents/clerk/mcp`);
  const asked = await client.callTool({ name: 'clerk', arguments: { request: 'pay' } });
  const { taskId, state } = asked.structuredContent as { taskId: string; state: string };
  t.equal(state, 'TASK_STATE_INPUT_REQUIRED');
  t.match(textOf(asked), new RegExp(`pay \\{"cents":5\\}[^]*call this tool again with taskId "${taskId}"`));
  const done = await client.callTool({ name: 'clerk', arguments: { request: 'approve', taskId } });
  t.match(textOf(done), /Done\./);
  t.match(done.structuredContent, { taskId, state: 'TASK_STATE_COMPLETED' });
});

t.test('a cancellation cancels the task, on whichever front it arrives; a departure does not (R6)', async (t) => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = await start(t, [{ say: ['Well', { gate: new Promise(() => undefined) }] }, { say: ['Well', { gate }, ' then.'] }]);
  const second = await startTestHector(t, { config: CONFIG, roles: ['front'], directory: first.directory, extensions: { tools: [PAY] } });
  const client = await connect(t, `${first.url}/mcp`);
  const calledOff = new AbortController();
  // Notifications go to the other front, as a balancer may send them.
  const transport = client.transport as StreamableHTTPClientTransport;
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if ('method' in message && message.method === 'notifications/cancelled')
      return fetch(`${second.url}/mcp`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-session-id': transport.sessionId as string,
        },
        body: JSON.stringify(message),
      }).then((response) => void t.equal(response.status, 202));
    return send(message, options);
  };
  const begun = client.callTool({ name: 'clerk', arguments: { request: 'Think' } }, undefined, {
    signal: calledOff.signal,
    onprogress: () => calledOff.abort('enough'),
  });
  await t.rejects(begun, /enough/);
  const states = async () =>
    ((await rpc(`${first.url}/agents/clerk`, 'ListTasks', {})).body.result as unknown as { tasks: WireTask[] }).tasks.map(
      ({ status }) => status.state,
    );
  await waitFor(async () => (await states())[0] === 'TASK_STATE_CANCELED');

  const leaving = await connect(t, `${first.url}/mcp`);
  const left = leaving.callTool({ name: 'clerk', arguments: { request: 'Think' } }, undefined, { onprogress: () => void leaving.close() });
  await t.rejects(left, /closed/i);
  open();
  await waitFor(async () => (await states()).includes('TASK_STATE_COMPLETED'));
});

t.test('a stream that breaks goes on from its last event on another front, and ends with the result', async (t) => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = await start(t, [{ say: ['One', { gate }, ' two.'] }]);
  const second = await startTestHector(t, { config: CONFIG, roles: ['front'], directory: first.directory, extensions: { tools: [PAY] } });
  const post = await fetch(`${first.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: { name: 'clerk', arguments: { request: 'Count' }, _meta: { progressToken: 'p' } },
    }),
  });
  const reader = (post.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while (!seen.includes('"message":"One"')) seen += (await reader.read()).value ?? '';
  const lastId = [...seen.matchAll(/^id: ?(.*)$/gm)].at(-1)?.[1] as string;
  await reader.cancel();
  const resumed = await fetch(`${second.url}/mcp`, { headers: { accept: 'text/event-stream', 'last-event-id': lastId } });
  t.equal(resumed.status, 200);
  open();
  const rest = await resumed.text();
  t.match(rest, /"progressToken":"p"[^\n]*two/);
  t.match(rest, /"id":7,"result":\{"content":\[\{"type":"text","text":"One two\."/);
  const again = await fetch(`${second.url}/mcp`, { headers: { accept: 'text/event-stream', 'last-event-id': lastId } });
  t.match(await again.text(), /"id":7,"result":/, 'also when the task has ended');
});

t.test('what is no MCP is refused, and nothing is served that was not asked for', async (t) => {
  const hector = await start(t, []);
  const post = (body: string, headers: Record<string, string> = {}, path = '/mcp') =>
    fetch(`${hector.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body,
    });
  t.match(await (await post('nonsense')).json(), { error: { code: -32700 } });
  t.match(await (await post('[]')).json(), { error: { code: -32600, message: /batches/ } });
  t.equal((await post('{}', { 'content-type': 'text/plain' })).status, 415);
  t.equal((await post('{}', { origin: 'http://evil.example' })).status, 403, 'no page of another origin (DNS rebinding)');
  t.equal((await post('{}', { host: 'evil.example', origin: 'http://evil.example' })).status, 403);
  t.equal((await post('{}', {}, '/agents/secret/mcp')).status, 404, 'a private agent does not exist');
  t.equal((await fetch(`${hector.url}/mcp`, { headers: { accept: 'text/event-stream' } })).status, 405);
  t.equal((await fetch(`${hector.url}/mcp`, { method: 'DELETE' })).status, 405);
  t.match(
    await (await post('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"clerk","arguments":{}}}')).text(),
    /"isError":true/,
  );
  const closed = await start(t, [], { agents: CONFIG.agents });
  t.equal((await fetch(`${closed.url}/mcp`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status, 404);
});
