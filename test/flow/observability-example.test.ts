/** The example of `config/observability.yaml`, as a person runs it: metrics, traces, log and audit of one request (OBS-40, SEC-16, CLI-46). */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { serveOverrides } from '../../src/cli/serve-flags.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { rpc, sendText, userMessage } from '../support/a2a-client.js';
import { startGrpcCollector } from '../support/peers/span-collector.js';
import { readConfigText } from '../support/read-config-text.js';
import { freePort, spawnHector, temporaryDirectory } from '../support/start-hector.js';

t.test(
  'the example shows a request in metrics, traces, log and audit, with one trace id and no secret (OBS-40, SEC-16, SEC-17, W-108)',
  async (t) => {
    const directory = await temporaryDirectory(t);
    const collector = await startGrpcCollector(t);
    const port = await freePort();
    const hector = await spawnHector(t, {
      directory,
      port,
      config: readConfigText('config/observability.yaml'),
      environment: {
        STATE: path.join(directory, 'state'),
        TRACE_EXPORTER: 'otlp',
        TRACE_ENDPOINT: collector.address,
        LOG_LEVEL: 'debug',
        TEAM: 'ferry-secret',
      },
    });
    const task = await sendText(`${hector.url}/agents/assistant`, 'Hello');
    t.equal(task.status.state, 'TASK_STATE_COMPLETED');
    t.match(await (await fetch(`${hector.url}/metrics`)).text(), /^hector_requests_total\{agent="assistant",region="local"\} 1$/m);
    const { traces } = (await (await fetch(`${hector.url}/api/traces?task_id=${task.id}`)).json()) as { traces: { trace_id: string }[] };
    const refused = { message: userMessage('x', { taskId: 'none' }) };
    await rpc(`${hector.url}/agents/assistant`, 'SendMessage', refused, { authorization: 'Bearer never-logged-1' });
    hector.child.kill('SIGTERM');
    await hector.exited;
    t.ok(collector.spans.some(({ name, traceId }) => name === 'hector.llm.call' && traceId === traces[0]?.trace_id));
    t.equal(collector.requests[0]?.headers['x-team'], 'ferry-secret');

    const lines = hector
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    t.ok(
      lines.some(({ trace_id, msg }) => trace_id === traces[0]?.trace_id && msg === 'http request'),
      'log lines name their trace',
    );
    t.notMatch(hector.output(), /never-logged|ferry-secret/);

    const audit = (await readFile(path.join(directory, 'state', 'audit.log'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    t.match(audit, [
      { component: 'audit', level: 'info', action: 'agent.request', user: 'local', success: true, agent: 'assistant', task_id: task.id },
      {
        component: 'audit',
        level: 'warn',
        action: 'agent.request',
        user: 'local',
        success: false,
        agent: 'assistant',
        error: 'TASK_NOT_FOUND',
      },
    ]);
    t.equal(audit.length, 2);
    t.match(audit[0]?.['timestamp'], /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  },
);

t.test('what is left out is as it is documented (OBS-01, OBS-03)', async (t) => {
  const directory = await temporaryDirectory(t);
  const { observability } = loadSettings({ workingDirectory: directory, environment: { HOME: directory } });
  t.same(observability, {
    tracing: {
      ...{ enabled: false, exporter: 'otlp', protocol: 'auto', endpoint: 'localhost:4317', samplingRate: 1, callerTracesPerSecond: 100 },
      ...{ serviceName: 'hector', serviceVersion: '', insecure: true, headers: {}, capturePayloads: false },
      ...{ debugExporter: true, timeoutMs: 10_000 },
    },
    metrics: { enabled: false, endpoint: '/metrics', namespace: 'hector', subsystem: '', constLabels: {}, port: undefined },
  });
});

t.test('--observe turns both on, whatever the file says (OBS-04, CLI-46)', async (t) => {
  const input = { flags: { observe: true }, positionals: [] } as never;
  const directory = await temporaryDirectory(t);
  const { observability } = loadSettings({
    workingDirectory: directory,
    environment: { HOME: directory },
    overrides: serveOverrides(input, directory),
  });
  t.match(observability, {
    tracing: { enabled: true, exporter: 'otlp', endpoint: 'localhost:4317', samplingRate: 1 },
    metrics: { enabled: true, endpoint: '/metrics' },
  });
});

t.test('what cannot work is refused with what to write (CFG-89, W-106)', async (t) => {
  const directory = await temporaryDirectory(t);
  const load = (observability: object) =>
    loadSettings({ workingDirectory: directory, environment: { HOME: directory }, overrides: { observability } as never }).observability;
  const problem = (observability: object): string => {
    try {
      load(observability);
      return '';
    } catch (error) {
      return String((error as Error & { problems?: unknown }).message) + JSON.stringify((error as { problems?: unknown }).problems);
    }
  };
  t.match(
    problem({ tracing: { enabled: true, exporter: 'jaeger', endpoint: 'http://j:14268/api/traces' } }),
    /observability\.tracing\.endpoint.*Jaeger takes OTLP/s,
  );
  t.match(problem({ tracing: { sampling_rate: 1.5 } }), /observability\.tracing\.sampling_rate/);
  t.match(problem({ metrics: { const_labels: { agent: 'x' } } }), /observability\.metrics\.const_labels\.agent.*wanted another name/s);
  t.match(problem({ metrics: { namespace: '1x' } }), /observability\.metrics\.namespace/);
  t.match(problem({ tracing: { headers: { 'a b': 'x' } } }), /observability\.tracing\.headers/);
  t.equal(load({ tracing: { enabled: true, sampling_rate: 0 } }).tracing.samplingRate, 0);
  t.equal(load({ tracing: { exporter: 'zipkin' } }).tracing.endpoint, 'http://localhost:9411/api/v2/spans');
});
