/** Metrics of a running server: what runs leave in them, and what the shipped dashboards find there (OBS-10…20, OBS-41). */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import t from 'tap';
import type { Tool } from '../../src/index.js';
import { METRICS } from '../../src/observe/metric-catalog.js';
import { readQuery } from '../gates/promql.js';
import { sendText } from '../support/a2a-client.js';
import { callsOf, connectClient } from '../support/grpc-rig.js';
import { createScriptedModel } from '../support/scripted-llm.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

const DASHBOARDS = 'config/deploy/observability/grafana/dashboards';

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function readSeries(body: string): Series[] {
  return [...body.matchAll(/^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text])) as Record<
      string,
      string
    >,
    value: Number(value),
  }));
}

t.test(
  'a run shows in the metrics by the documented names and labels, and every query of the dashboards finds its series (OBS-10, OBS-11, OBS-12, OBS-13, OBS-14, OBS-15, OBS-16, OBS-17, OBS-20, OBS-41, W-02, W-10)',
  async (t) => {
    const directory = await temporaryDirectory(t);
    await mkdir(path.join(directory, 'docs'));
    await writeFile(path.join(directory, 'docs', 'ferry.md'), '# Ferry\n\nThe ferry leaves at nine.\n');
    const usage = { inputTokens: 100, outputTokens: 7, cachedTokens: 40 };
    const model = createScriptedModel(t, [
      {
        say: [{ call: { name: 'search', arguments: { query: 'ferry' } } }, { call: { name: 'fails', arguments: {} } }],
        usage,
      },
      { say: ['At nine.'], usage },
    ]);
    let during: Series[] = [];
    const fails: Tool = {
      name: 'fails',
      description: 'Fails.',
      parameters: { type: 'object' },
      effect: 'pure',
      async execute() {
        during = readSeries(await (await fetch(`${hector.url}/metrics`)).text());
        return { content: 'no', isError: true };
      },
    };
    const hector = await startTestHector(t, {
      directory,
      config: {
        llms: { main: { provider: 'offline', price: { input: 2, output: 10 } } },
        document_stores: { handbook: { source: { type: 'directory', path: './docs' } } },
        agents: { clerk: { tools: ['search', 'fails'], document_stores: ['handbook'] } },
        server: { grpc_port: 0 },
        observability: { metrics: { enabled: true, const_labels: { region: 'eu' } } },
      },
      extensions: { createLanguageModel: () => model, tools: [fails] },
    });
    await sendText(`${hector.url}/agents/clerk`, 'When does the ferry leave?');
    // What a client may choose.
    const strange = request(`${hector.url}/no/such/${'x'.repeat(50)}`, { method: 'PROPFIND' }).end();
    await new Promise((resolve) => strange.on('response', (answer) => answer.resume().on('end', resolve)));
    const grpc = callsOf(connectClient(t, hector.grpcPort as number));
    await grpc.call('GetTask', { tenant: 'clerk', id: 'none' });

    const body = await (await fetch(`${hector.url}/metrics`)).text();
    const series = readSeries(body);
    const find = (name: string, labels: Readonly<Record<string, string>> = {}) =>
      series.find((one) => one.name === `hector_${name}` && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        ?.value;
    const agent = 'clerk';
    const by = { agent, provider: model.provider, model: model.model };
    for (const [name, labels, value] of [
      ['requests_total', { agent }, 1],
      ['agent_requests_total', { agent, status: 'success' }, 1],
      ['agent_request_duration_seconds_count', { agent }, 1],
      ['session_created_total', { agent }, 1],
      ['llm_requests_total', by, 2],
      ['llm_request_duration_seconds_count', by, 2],
      ['llm_tokens_total', { agent, type: 'prompt' }, 200],
      ['llm_tokens_total', { agent, type: 'completion' }, 14],
      ['llm_cached_tokens_total', { agent }, 80],
      ['tool_calls_total', { agent, tool: 'search', status: 'success' }, 1],
      ['tool_call_duration_seconds_count', { agent, tool: 'search' }, 1],
      ['tool_calls_total', { agent, tool: 'fails', status: 'error' }, 1],
      ['tool_errors_total', { agent, tool: 'fails', error_type: 'TOOL_FAILED' }, 1],
      ['errors_total', { component: 'tool', error_type: 'TOOL_FAILED' }, 1],
      ['http_requests_total', { method: 'POST', path: '/agents/{name}', status: '200' }, 1],
      ['http_requests_total', { method: 'other', path: '(none)', status: '404' }, 1],
      ['grpc_requests_total', { method: '/lf.a2a.v1.A2AService/GetTask', code: 'NOT_FOUND' }, 1],
      ['rag_searches_total', { store_name: 'handbook' }, 1],
      ['rag_search_results_count_count', { store_name: 'handbook' }, 1],
      ['http_request_duration_seconds_count', { method: 'POST', path: '/agents/{name}' }, 1],
      ['http_request_size_bytes_count', { method: 'POST', path: '/agents/{name}' }, 1],
      ['http_response_size_bytes_count', { method: 'POST', path: '/agents/{name}' }, 1],
      ['agent_active_runs', { agent }, 0],
    ] as const)
      t.equal(find(name, labels), value, `${name} ${JSON.stringify(labels)}`);
    t.match(
      during.filter(({ name }) => /session_active|agent_active_runs/.test(name)),
      [
        { name: 'hector_agent_active_runs', labels: { agent }, value: 1 },
        { name: 'hector_session_active', labels: { agent }, value: 1 },
      ],
      'while it runs',
    );
    t.equal(find('session_active', { agent }), undefined);
    t.ok((find('llm_cost_total', { agent }) ?? 0) > 0, 'what it cost');
    t.ok((find('session_events_total', { agent, event_type: 'status.changed' }) ?? 0) > 0);
    t.ok(Number(find('db_query_duration_seconds_count', { operation: 'write' })) > 0);
    t.ok(Number(find('db_connections_open')) > 0);
    t.ok(Number(find('thread_pool_threads')) > 0);
    t.ok(Number(find('process_resident_memory_bytes')) > 1e7);
    t.equal(find('queue_waiting'), 0);
    for (const one of series) t.equal(one.labels['region'], 'eu', one.name);
    t.notMatch(body, /x{50}|PROPFIND/, 'what a client chose is in no series');

    const declared = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    for (const file of await readdir(DASHBOARDS)) {
      const { panels } = JSON.parse(await readFile(path.join(DASHBOARDS, file), 'utf8')) as {
        panels: { title: string; targets: { expr: string }[] }[];
      };
      for (const { title, targets } of panels)
        for (const { expr } of targets)
          for (const { metric, labels } of readQuery(expr).uses) {
            t.ok(declared.has(metric.replace(/_(bucket|sum|count)$/, '')) || declared.has(metric), `${file}: ${title}: ${metric}`);
            const real = series.filter(({ name }) => name === metric);
            for (const label of labels)
              t.ok(
                real.every((one) => label in one.labels),
                `${file}: ${title}: ${metric} has ${label}`,
              );
          }
    }
    for (const { name, labels } of series) {
      const bare = name.replace(/^hector_/, '');
      const base = bare.replace(/_(bucket|sum|count)$/, '');
      const metric = METRICS[(bare in METRICS ? bare : base) as keyof typeof METRICS];
      const allowed = [...metric.labels, 'region', 'le'] as string[];
      t.same(
        Object.keys(labels).filter((label) => !allowed.includes(label)),
        [],
        name,
      );
    }
  },
);

t.test(
  'a process without the role front serves metrics and health on a port of its own, under its namespace (OBS-03, OBS-19, API-01)',
  async (t) => {
    const observability = { metrics: { enabled: true, port: 0, namespace: 'acme', subsystem: 'ai' } };
    const directory = await temporaryDirectory(t);
    const worker = await startTestHector(t, { directory, roles: ['agent', 'keeper'], config: { observability } });
    const base = `http://127.0.0.1:${worker.metricsPort}`;
    const page = await fetch(`${base}/metrics`);
    t.equal(page.status, 200);
    t.match(await page.text(), /^acme_ai_takeovers_total 0$/m);
    t.equal((await fetch(`${base}/health/live`)).status, 200);
    t.match(await (await fetch(`${base}/health/ready`)).json(), { status: 'ready' });
    t.equal((await fetch(`${base}/agents`)).status, 404, 'and nothing else');
    await worker.close();
    await t.rejects(fetch(`${base}/health/live`));

    const server = { studio: { enabled: true } };
    const front = await startTestHector(t, { directory, roles: ['front'], config: { observability, server } });
    t.equal((await fetch(`${front.url}/metrics`)).status, 404, 'not where clients are');
    t.equal((await fetch(`http://127.0.0.1:${front.metricsPort}/metrics`)).status, 200);
    const health = async (url: string) => (await fetch(`${url}/health`)).json();
    t.match(await health(front.url), { studio_mode: true });
    t.same(await health(`http://127.0.0.1:${front.metricsPort}`), await health(front.url), 'both say the same of it');

    const plain = await startTestHector(t, { directory, roles: ['agent', 'keeper'] });
    t.equal(plain.metricsPort, undefined);
  },
);
