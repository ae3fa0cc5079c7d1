/** One tree over two processes and everything that they ask (OBS-30…33, W-106), as a collector receives it. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import t from 'tap';
import { rpc, sendText, userMessage, type WireTask } from '../support/a2a-client.js';
import { listed, startMcpPeer, textResult } from '../support/mcp-peer.js';
import type { ReceivedSpan } from '../support/peers/decode-otlp.js';
import { startOpenAiPeer } from '../support/peers/openai-peer.js';
import { chatCalls, chatEnd, chatText } from '../support/peers/openai-replies.js';
import { startGrpcCollector } from '../support/peers/span-collector.js';
import { freePort, spawnHector, startTestHector, temporaryDirectory } from '../support/start-hector.js';
import { startWebhook } from '../support/webhook.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

t.test(
  'request → task → step → agent → model, tool, search, SQL, child run and remote agent are one tree across processes (OBS-30, OBS-31, OBS-32, OBS-33)',
  async (t) => {
    const directory = await temporaryDirectory(t);
    await mkdir(path.join(directory, 'docs'));
    await writeFile(path.join(directory, 'docs', 'ferry.md'), '# Ferry\n\nThe ferry leaves at nine.\n');
    const collector = await startGrpcCollector(t);
    const webhook = await startWebhook(t);
    const model = await startOpenAiPeer(t);
    const reply = (items: readonly object[], end: string) => ({ type: 'stream', items: [...items, ...chatEnd(end)] }) as never;
    model.script(
      reply(chatCalls([{ id: 'call_1', name: 'look_up', pieces: ['{"text":"ferry"}'] }]), 'tool_calls'),
      reply(chatText(['At nine.']), 'stop'),
    );
    const toolHeaders: Record<string, unknown>[] = [];
    const mcp = await startMcpPeer(t, {
      answers: {
        'tools/list': () => ({ tools: [listed('look_up', { annotations: { readOnlyHint: true } })] }),
        'tools/call': ({ headers }) => {
          toolHeaders.push(headers);
          return textResult('nine');
        },
      },
    });
    const port = await freePort();
    const config = {
      llms: {
        default: { provider: 'offline' },
        peer: { provider: 'openai', base_url: model.url, api_key: 'none', api: 'chat', model: 'peer', price: { input: 1, output: 1 } },
      },
      document_stores: { handbook: { source: { type: 'directory', path: './docs' } } },
      tools: { shop: { type: 'mcp', url: mcp.url } },
      agents: {
        both: { type: 'parallel', sub_agents: ['clerk', 'far'] },
        clerk: { llm: 'peer', tools: ['shop'], include_context: true, document_stores: ['handbook'] },
        far: { type: 'remote', url: `http://127.0.0.1:${port}/agents/near`, allow_private: ['127.0.0.1'] },
        near: { llm: 'default', tools: [], document_stores: [] },
      },
      defaults: { llm: 'default' },
      server: { a2a: { push: { allow_private: ['127.0.0.1'] } } },
      observability: { tracing: { enabled: true, endpoint: collector.address, capture_payloads: true } },
    };
    const front = await spawnHector(t, { directory, config, roles: ['front'], port });
    const worker = await spawnHector(t, { directory, config, roles: ['agent', 'ingest', 'keeper'] });

    const params = {
      message: userMessage('When does the ferry leave? Ask with Bearer abc-123.'),
      configuration: { taskPushNotificationConfig: { url: `${webhook.url}/hook` } },
    };
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, baggage: 'customer=acme' };
    const task = (await rpc(`${front.url}/agents/both`, 'SendMessage', params, headers)).body.result?.task as WireTask;
    t.equal(task.status.state, 'TASK_STATE_COMPLETED');
    await webhook.until((received) => received.length > 0);
    front.child.kill('SIGTERM');
    worker.child.kill('SIGTERM');
    await Promise.all([front.exited, worker.exited]);

    const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const isSql = ({ name }: ReceivedSpan) => name.startsWith('hector.db.');
    const orphans = spans.filter(({ parentSpanId }) => parentSpanId !== CALLER && !byId.has(parentSpanId));
    t.same(
      orphans.map(({ name }) => name),
      [],
      'every span stands below one that was received, or below the caller',
    );
    const nameAbove = ({ parentSpanId }: ReceivedSpan) => byId.get(parentSpanId)?.name ?? 'the caller';
    const edges = [...new Set(spans.filter((span) => !isSql(span)).map((span) => `${nameAbove(span)} > ${span.name}`))].sort();
    t.same(edges, [
      'hector.a2a.operation > hector.task.accept',
      'hector.agent.run > hector.llm.call',
      'hector.agent.run > hector.rag.search',
      'hector.agent.run > hector.remote.call',
      'hector.agent.run > hector.tool.execute',
      'hector.http.request > hector.a2a.operation',
      'hector.http.request > hector.access.check',
      'hector.rag.search > hector.rag.embed',
      'hector.remote.call > hector.http.request',
      // Children stand below the step that began them.
      'hector.step.run > hector.agent.run',
      'hector.step.run > hector.feed.publish',
      'hector.step.run > hector.session.load',
      'hector.step.run > hector.step.commit',
      'hector.step.run > hector.step.enqueue',
      'hector.step.run > hector.step.run',
      'hector.task.accept > hector.feed.publish',
      'hector.task.accept > hector.session.load',
      'hector.task.accept > hector.step.enqueue',
      'hector.task.accept > hector.step.run',
      'the caller > hector.http.request',
    ]);
    const sql = new Set(spans.filter(isSql).map((span) => `${nameAbove(span)} > ${span.name}`));
    t.ok(sql.has('hector.step.commit > hector.db.write') && sql.has('hector.task.accept > hector.db.write'), [...sql].join('\n'));

    const pidsOf = (name: string) => [
      ...new Set(spans.filter((span) => span.name === name).map(({ resource }) => resource['process.pid'])),
    ];
    t.same(pidsOf('hector.http.request'), [front.child.pid]);
    t.same(pidsOf('hector.llm.call'), [worker.child.pid]);
    t.same(pidsOf('hector.step.run'), [worker.child.pid]);

    const call = spans.find(({ name, attributes }) => name === 'hector.llm.call' && attributes['gen_ai.system'] === 'openai');
    t.match(call?.attributes, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'peer',
      'gen_ai.usage.input_tokens': Number,
      'gen_ai.response.finish_reason': String,
      'hector.llm.request': /When does the ferry leave\? Ask with Bearer \[redacted\]/,
      'hector.llm.response': /look_up|At nine/,
    });
    const run = spans.find(({ name, attributes }) => name === 'hector.agent.run' && attributes['hector.agent.name'] === 'clerk');
    t.match(run?.attributes, {
      'hector.agent.type': 'llm',
      'hector.invocation_id': task.id,
      'hector.user_id': 'local',
      'hector.session_id': String,
    });
    t.match(spans.find(({ name }) => name === 'hector.tool.execute')?.attributes, {
      'gen_ai.tool.name': 'look_up',
      'gen_ai.tool.call.id': String,
      'hector.tool.args': '{"text":"ferry"}',
      'hector.tool.response': /nine/,
    });
    t.match(spans.find(({ name }) => name === 'hector.rag.search')?.attributes, {
      'hector.rag.store.name': 'handbook',
      'hector.rag.top_k': Number,
      'hector.rag.result_count': Number,
      'hector.rag.query': /ferry/,
      'hector.rag.hyde_enabled': false,
      'hector.rag.multiquery_enabled': false,
      'hector.rag.rerank_enabled': false,
      'hector.rag.embedding_model': String,
      'hector.rag.vector_provider': 'hnsw',
    });

    const isOfTrace = (value: unknown, above: string) => {
      const [, traceId, parent = ''] = String(value).split('-');
      t.equal(traceId, TRACE);
      t.equal(byId.get(parent)?.name, above);
    };
    t.equal(model.requests.length, 2);
    for (const { headers: sent } of model.requests) {
      isOfTrace(sent['traceparent'], 'hector.llm.call');
      t.equal(sent['baggage'], undefined, 'what the caller told us is not for vendors');
    }
    for (const sent of toolHeaders) {
      isOfTrace(sent['traceparent'], 'hector.tool.execute');
      t.equal(sent['baggage'], undefined);
    }
    t.equal(toolHeaders.length, 1);
    t.match(webhook.received[0]?.headers, { traceparent: /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/ });
    t.equal(webhook.received[0]?.headers['baggage'], undefined);
  },
);

t.test('the debug ring is readable by trace, by task and by event, for whoever the run is (OBS-34)', async (t) => {
  const hector = await startTestHector(t, {
    config: { observability: { tracing: { enabled: true, exporter: 'debug' } }, agents: { assistant: {} } },
  });
  const task = await sendText(`${hector.url}/agents/assistant`, 'Hello');
  const get = async (target: string) =>
    (await (await fetch(`${hector.url}${target}`)).json()) as {
      traces: { trace_id: string }[];
      spans: { name: string; attributes: Record<string, unknown> }[];
    };
  const [found] = (await get(`/api/traces?task_id=${task.id}`)).traces;
  const { spans } = await get(`/api/traces/${found?.trace_id}`);
  const names = new Set(spans.map(({ name }) => name));
  for (const name of ['hector.http.request', 'hector.step.run', 'hector.llm.call', 'hector.db.write']) t.ok(names.has(name), name);
  const events = spans.flatMap(({ attributes }) => (attributes['hector.event_id'] as string[] | undefined) ?? []);
  t.ok(events.length > 0 && events.every((id) => id.startsWith(`${task.id}.`)));
  t.equal((await get(`/api/traces?event_id=${events.at(-1)}`)).traces[0]?.trace_id, found?.trace_id);
  t.same((await get('/api/traces?event_id=other.1')).traces, []);
  t.equal((await fetch(`${hector.url}/api/traces/${'0'.repeat(32)}`)).status, 404);
  t.equal((await fetch(`${hector.url}/api/traces?size=3`)).status, 400);
});

t.test('who reads the spans of stdout may go away: that costs spans, never the server (W-106)', async (t) => {
  const directory = await temporaryDirectory(t);
  const config = { observability: { tracing: { enabled: true, exporter: 'stdout' } }, agents: { assistant: {} } };
  const hector = await spawnHector(t, { directory, config });
  const send = () => sendText(`${hector.url}/agents/assistant`, 'Hello');
  await send();
  const lines = () =>
    hector
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{"trace_id"'));
  while (!lines().some((line) => (JSON.parse(line) as { name: string }).name === 'hector.llm.call'))
    await once(hector.child.stdout as Readable, 'data');
  hector.child.stdout?.destroy();
  const warning = /warn: spans are dropped until the collector takes them: stdout takes no spans: .*EPIPE/;
  await send();
  while (!warning.test(hector.output())) await once(hector.child.stderr as Readable, 'data');
  t.equal((await send()).status.state, 'TASK_STATE_COMPLETED');
  hector.child.kill('SIGTERM');
  t.equal(await hector.exited, 0, 'it drains as ever');
});

t.test('without tracing nothing of its SDK is loaded, nor prom-client without metrics', async (t) => {
  const directory = await temporaryDirectory(t);
  const hook = path.join(directory, 'loaded.mjs');
  const list = path.join(directory, 'loaded.txt');
  await writeFile(
    hook,
    `import { createRequire } from 'node:module'; import { writeFileSync } from 'node:fs';
     process.on('exit', () => writeFileSync(${JSON.stringify(list)}, Object.keys(createRequire(import.meta.url).cache).join('\\n')));`,
  );
  const { readFile } = await import('node:fs/promises');
  for (const isOn of [false, true]) {
    const config = { observability: { tracing: { enabled: isOn, exporter: 'debug' }, metrics: { enabled: isOn } } };
    const hector = await spawnHector(t, { directory, config, environment: { NODE_OPTIONS: `--import=${hook}` } });
    hector.child.kill('SIGTERM');
    await hector.exited;
    const loaded = await readFile(list, 'utf8');
    t.equal(/@opentelemetry\/(sdk|exporter|resources|context|core|otlp)/.test(loaded), isOn, `SDK, ${isOn}`);
    t.equal(/prom-client/.test(loaded), isOn, `prom-client, ${isOn}`);
  }
});
