/** Tools that reach out, through the front door (TOOL-17, TOOL-18, TOOL-60, TOOL-70, R7). */
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { rpc, sendText, textOfParts, userMessage, type WireTask } from '../support/a2a-client.js';
import { createScriptedModel } from '../support/scripted-llm.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';
import { startWebPeer } from '../support/web-peer.js';

const results = (task: WireTask) =>
  (task.artifacts ?? [])
    .flatMap(({ parts }) => parts)
    .flatMap(({ data }) => ((data as JsonObject | undefined)?.['type'] === 'tool_result' ? [data as JsonObject] : []));

t.test(
  'a model reads a page, and sends what somebody agreed to, once; what leads inside it is refused (TOOL-17, TOOL-18, TOOL-60)',
  { timeout: 60_000 },
  async (t) => {
    const inner = await startWebPeer(t, (_, response) => response.end('secret'), '127.0.0.2');
    const peer = await startWebPeer(t, ({ path }, response) => {
      if (path === '/orders') return response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":7}');
      if (path === '/away') return response.writeHead(302, { location: `${inner.url}/` }).end();
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Shop</title><p>Bolts cost 3.');
    });
    const order = { url: `${peer.url}/orders`, method: 'POST', headers: { 'x-shop': 'a' }, body: '{"bolts":1}' };
    const model = createScriptedModel(t, [
      { say: [{ call: { name: 'web_fetch', arguments: { url: `${peer.url}/` } } }] },
      {
        expect: ({ messages }) => t.match(JSON.stringify(messages), /# Shop.*Bolts cost 3\./),
        say: [{ call: { name: 'web_request', arguments: order } }],
      },
      {
        expect: ({ messages }) => t.match(JSON.stringify(messages), /HTTP 201 Created/),
        say: [{ call: { name: 'web_fetch', arguments: { url: `${peer.url}/away` } } }],
      },
      { expect: ({ messages }) => t.match(JSON.stringify(messages), /'127\.0\.0\.2' is not a public address/), say: ['Ordered.'] },
    ]);
    const allow_private = ['127.0.0.1'];
    const config = {
      tools: { web_fetch: { handler: 'web_fetch', allow_private }, web_request: { handler: 'web_request', allow_private } },
      agents: { buyer: { tools: ['web_fetch', 'web_request'] } },
    };
    const hector = await startTestHector(t, { config, extensions: { createLanguageModel: () => model } });
    const url = `${hector.url}/agents/buyer`;
    const asked = await sendText(url, 'Order a bolt.');
    t.match(asked.status, {
      state: 'TASK_STATE_INPUT_REQUIRED',
      message: { parts: [{ text: /^Send this request\?\nPOST http:.*\/orders\n/ }] },
    });
    t.equal(peer.received.length, 1, 'nothing is sent before somebody agreed');
    const done = await sendText(url, 'approve', { taskId: asked.id });
    t.equal(done.status.state, 'TASK_STATE_COMPLETED');
    t.match(textOfParts(done.artifacts?.[0]?.parts ?? []), /Ordered\.$/);
    t.match(
      peer.received.map(({ method, path }) => `${method} ${path}`),
      ['GET /', 'POST /orders', 'GET /away'],
    );
    t.match(peer.received[1], { body: '{"bolts":1}', headers: { 'x-shop': 'a', 'idempotency-key': /./ } });
    t.equal(inner.received.length, 0);
  },
);

t.test('a canceled task closes the connection of its request (TOOL-51, W-37, W-40)', { timeout: 60_000 }, async (t) => {
  const tool = { handler: 'web_request', allow_private: ['127.0.0.1'], require_approval: false };
  const config = { tools: { ask: tool, page: { ...tool, handler: 'web_fetch' } }, agents: { reader: { tools: ['ask', 'page'] } } };
  const hector = await startTestHector(t, { config });
  const url = `${hector.url}/agents/reader`;
  for (const name of ['ask', 'page']) {
    const silent = await startWebPeer(t, (_, response) => response.write('begun'));
    const call = `call ${name} ${JSON.stringify({ url: silent.url })}`;
    const { body } = await rpc(url, 'SendMessage', { message: userMessage(call), configuration: { returnImmediately: true } });
    await silent.until(1);
    await rpc(url, 'CancelTask', { id: body.result?.task?.id });
    await silent.closed;
  }
  t.pass('both were closed');
});

t.test('config/web.yaml runs without a key (TOOL-01, TOOL-17, TOOL-70)', { timeout: 60_000 }, async (t) => {
  const peer = await startWebPeer(t, ({ path }, response) => {
    if (path.startsWith('/search?'))
      return response.end(JSON.stringify({ results: [{ title: 'Found', url: 'https://example.com/', content: 'it' }] }));
    return response.writeHead(200, { 'content-type': 'text/plain' }).end('fine');
  });
  const { source } = loadSettings({ file: 'config/web.yaml', environment: {} });
  const { server: _, ...config } = JSON.parse(source) as JsonObject & { tools: Record<string, JsonObject> };
  const tools = { ...config.tools, searxng: { ...config.tools['web_search'], base_url: peer.url } };
  const agents = { reader: { tools: ['web_fetch', 'web_search', 'searxng', 'look', 'send'] } };
  const directory = await temporaryDirectory(t);
  const hector = await startTestHector(t, { directory, config: { ...config, tools, agents } });
  const url = `${hector.url}/agents/reader`;
  const looked = await sendText(
    url,
    `call look {"url": "${peer.url}/a"}\ncall web_search {"query": "x"}\ncall searxng {"query": "x"}\ncall web_fetch {"url": "${peer.url}/"}`,
  );
  t.equal(looked.status.state, 'TASK_STATE_COMPLETED');
  t.match(results(looked), [
    { content: /^HTTP 200 OK\n(.*\n)*fine$/ },
    { content: /no search engine is set up; set TAVILY_API_KEY .*, or tools\.web_search\.base_url/, is_error: true },
    { content: /"title":"Found"/ },
    { content: /'127\.0\.0\.1' is not a public address, and tools\.web_fetch\.allow_private does not list it/, is_error: true },
  ]);
  t.match(results(await sendText(url, `call look {"url": "${peer.url}/", "method": "POST"}`)), [{ is_error: true }]);
  const asked = await sendText(url, `call send {"url": "${peer.url}/", "method": "POST"}`);
  t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
  t.match(results(await sendText(url, 'approve', { taskId: asked.id })), [{ content: /^HTTP 200/ }]);
});
