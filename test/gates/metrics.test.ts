/** One list of metrics (W-107): the catalogue in code, the table in the documentation, the shipped dashboards and alert rules. */
import t from 'tap';
import { parse } from 'yaml';
import { METRICS } from '../../src/observe/metric-catalog.js';
import { testSettings } from '../support/test-settings.js';
import { readProjectFiles } from './project.js';
import { readQuery } from './promql.js';

const FOLDER = 'config/deploy/observability/';
const catalog: Readonly<Record<string, { readonly kind: string; readonly labels: readonly string[] }>> = METRICS;
/** Every series has these; Prometheus itself adds them. */
const SCRAPED = ['instance', 'job', 'le'];

/** What is wrong with a query; empty = nothing. */
function checkQuery(query: string): string[] {
  const known = (name: string): readonly string[] | undefined => {
    if (name === 'up') return [];
    const bare = name.replace(/^hector_/, '');
    if (bare === name) return undefined;
    const base = bare.replace(/_(bucket|sum|count)$/, '');
    if (catalog[bare] !== undefined && catalog[bare].kind !== 'histogram') return catalog[bare].labels;
    return catalog[base]?.kind === 'histogram' && base !== bare ? catalog[base].labels : undefined;
  };
  const { uses, grouping } = readQuery(query);
  const labels = new Set(SCRAPED);
  const problems = uses.flatMap(({ metric, labels: asked }) => {
    const has = known(metric);
    if (has === undefined) return [`there is no series ${metric}`];
    for (const label of has) labels.add(label);
    return asked.filter((label) => !has.includes(label) && !SCRAPED.includes(label)).map((label) => `${metric} has no label ${label}`);
  });
  return [...problems, ...grouping.filter((label) => !labels.has(label)).map((label) => `nothing in it has a label ${label}`)];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly type: string; readonly query: string }[] };
}

interface AlertFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly annotations: Record<string, string>;
    }[];
  }[];
}

const files = readProjectFiles(/^(config\/deploy\/observability|src)\//);
const dashboards = [...files]
  .filter(([path]) => path.startsWith(`${FOLDER}grafana/dashboards/`))
  .map(([, text]) => JSON.parse(text) as Dashboard);
const alerts = (parse(files.get(`${FOLDER}alerts.yaml`) ?? '') as AlertFile).groups.flatMap(({ rules }) => rules);

t.test('every query of a dashboard and of an alert reads what there is (OBS-41, OBS-42, W-107)', async (t) => {
  t.same(dashboards.map(({ uid }) => uid).sort(), [
    'hector-business',
    'hector-http-and-grpc',
    'hector-llm-and-tools',
    'hector-overview',
    'hector-queue-and-workers',
  ]);
  for (const { uid, panels, templating } of dashboards) {
    for (const { title, targets } of panels) for (const { expr } of targets) t.same(checkQuery(expr), [], `${uid}: ${title}`);
    for (const { type, query } of templating.list) if (type === 'query') t.same(checkQuery(query), [], `${uid}: ${query}`);
  }
  for (const { alert, expr } of alerts) t.same(checkQuery(expr), [], alert);
  for (const [name, threshold, time] of [
    ['HectorErrorRate', /status="error".* > 0\.1$/, '5m'],
    ['HectorSlowAnswers', /histogram_quantile\(0\.95,.* > 10$/, '5m'],
    ['HectorTokenUse', /llm_tokens_total\[1h\]\)\) > 1000000$/, undefined],
    ['HectorToolFailures', /tool_calls_total.* > 0\.2$/, '5m'],
  ] as const) {
    const alert = alerts.find((one) => one.alert === name);
    t.match(alert?.expr, threshold, `${name} (OBS-42)`);
    t.equal(alert?.for, time, name);
  }
});

t.test('the stack beside Hector listens where people look for it, and what is scraped is where Hector serves it (OBS-43)', async (t) => {
  const read = (file: string) => parse(files.get(`${FOLDER}${file}`) ?? '');
  const { services } = read('compose.yaml') as { services: Record<string, { ports?: string[] }> };
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  t.same(
    ports.map((port) => port.split(':').at(-1)).sort(),
    ['16686', '3000', '4317', '4318', '9090'],
    'Jaeger, Grafana, OTLP over gRPC and HTTP, Prometheus',
  );
  const { endpoint: path } = testSettings().observability.metrics;
  const { scrape_configs: jobs } = read('prometheus.yaml') as { scrape_configs: { job_name: string; metrics_path: string }[] };
  t.match(jobs, [{ job_name: 'hector', metrics_path: path }]);
  const monitor = read('service-monitor.yaml') as { kind: string; spec: { endpoints: { port: string; path: string }[] } };
  t.equal(monitor.kind, 'ServiceMonitor');
  t.same(
    monitor.spec.endpoints.map(({ port, path: at }) => [port, at]),
    [
      ['http', path],
      ['metrics', path],
    ],
  );
});

t.test('alerts speak of metrics that there are, and templates of labels', async (t) => {
  for (const { alert, annotations } of alerts)
    for (const [, name = ''] of Object.values(annotations)
      .join(' ')
      .matchAll(/\bhector_(\w+)/g))
      t.ok(name in catalog, `${alert}: ${name}`);
});

t.test('every metric is on some dashboard, and counted somewhere', async (t) => {
  const queries = JSON.stringify(dashboards) + JSON.stringify(alerts);
  const source = [...files]
    .filter(([path]) => path.startsWith('src/') && !path.endsWith('metric-catalog.ts'))
    .map(([, text]) => text)
    .join('\n');
  const names = Object.keys(METRICS);
  const isShown = (name: string) => new RegExp(`hector_${name}(_bucket|_sum|_count)?\\b`).test(queries);
  t.same(
    names.filter((name) => !isShown(name)),
    ['memory_indexed_total', 'rag_index_duration_seconds', 'process_start_time_seconds'],
  );
  t.same(
    names.filter((name) => !source.includes(`'${name}'`)),
    [],
  );
});

t.test('the documentation has the table of the catalogue, name by name and label by label', async (t) => {
  const table = files.get('src/observe/README.md') ?? '';
  const rows = [...table.matchAll(/^\| `hector_(\w+)` \| (counter|gauge|histogram) \| ([^|]*) \|/gm)].map(
    ([, name = '', kind = '', labels = '']) => ({
      name,
      kind,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    }),
  );
  t.same(
    rows,
    Object.entries(METRICS).map(([name, { kind, labels }]) => ({ name, kind, labels: [...labels] })),
  );
});

t.test('no password is fixed, no address but this machine’s is opened (W-109)', async (t) => {
  const compose = parse(files.get(`${FOLDER}compose.yaml`) ?? '') as {
    services: Record<string, { environment?: Record<string, string>; ports?: string[]; image: string }>;
  };
  t.match(compose.services['grafana']?.environment?.['GF_SECURITY_ADMIN_PASSWORD'], /^\$\{GRAFANA_PASSWORD:\?/);
  for (const [name, { ports = [], image }] of Object.entries(compose.services)) {
    for (const port of ports) t.match(port, /^127\.0\.0\.1:/, name);
    t.match(image, /:v?\d+\.\d+\.\d+$/, `${name} is a version, not whatever is newest`);
  }
  for (const [path, text] of files) if (path.endsWith('.yaml')) t.doesNotThrow(() => parse(text), path);
});

t.test('a query of something that does not exist is found', async (t) => {
  for (const [query, problem] of [
    ['sum(rate(hector_session_total[5m]))', /no series hector_session_total/],
    ['rate(hector_http_requests_total{status_code="200"}[5m])', /no label status_code/],
    ['sum by (method_name) (rate(hector_grpc_requests_total[5m]))', /nothing in it has a label method_name/],
    ['hector_tool_call_duration_seconds', /no series/],
    ['hector_takeovers_total_count', /no series/],
    ['histogram_quantile(0.95, sum by (le) (rate(hector_tool_execution_duration_seconds_bucket[5m])))', /no series/],
  ] as const)
    t.match(checkQuery(query).join('; '), problem, query);
  t.throws(() => readQuery('absent_over_time(hector_takeovers_total[5m])'), /no function/);
  t.throws(() => readQuery('1 + 1'), /no series/);
  t.same(readQuery('sum by (a, le) (rate(m{x="}", y=~"z"}[5m])) / count(n) > 0.1').uses, [
    { metric: 'm', labels: ['x', 'y'] },
    { metric: 'n', labels: [] },
  ]);
});
