/** What `serve` says when it is ready: what exists, and where (CLI-51). */
import { describeSource } from '../config/describe-source.js';
import { hideCredentials } from '../config/describe-value.js';
import type { Settings } from '../config/settings.js';
import type { Hector, Role } from '../runtime/hector.js';

export function formatStartup(
  hector: Pick<Hector, 'url' | 'grpcPort' | 'metricsPort'>,
  settings: Settings,
  roles: ReadonlySet<Role>,
): string {
  const { url, grpcPort } = hector;
  const front: readonly (readonly [string, string])[] = roles.has('front')
    ? [
        ['Agents', `${url}/agents`],
        ['Agent card', `${url}/.well-known/agent-card.json`],
        ['Health', `${url}/health`],
        ...(settings.server.studio.enabled ? [['Configuration', `${url}/api/config`] as const] : []),
        ...(grpcPort === undefined ? [] : [['gRPC', settings.server.grpcPublicAddress || `${new URL(url).hostname}:${grpcPort}`] as const]),
        ...Object.entries(settings.agents)
          .filter(([, agent]) => agent.visibility !== 'private')
          .map(([name]): [string, string] => [`Agent ${name}`, `${url}/agents/${name}`]),
      ]
    : [];
  const rows: readonly (readonly [string, string])[] = [
    ...front,
    ['Roles', [...roles].join(', ')],
    ['Storage', describeStorage(settings)],
    ['Redis', settings.redis.url === '' ? 'embedded' : hideCredentials(settings.redis.url)],
    ['Tracing', describeTracing(settings.observability.tracing)],
    ['Metrics', describeMetrics(hector, settings, roles)],
    ...Object.entries(settings.documentStores).map(([name, store]): [string, string] => [
      `Documents ${name}`,
      describeSource(store.source),
    ]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length)) + 1;
  const table = rows.map(([label, value]) => `${`${label}:`.padEnd(width)} ${value}\n`).join('');
  return roles.has('front') ? `${table}${describeExposure(hector, settings)}` : table;
}

/** The addresses above are this machine's own; a wildcard host is reached by others too, which nobody should learn by accident. */
function describeExposure({ url, grpcPort }: Pick<Hector, 'url' | 'grpcPort'>, { server }: Settings): string {
  const { host, publicUrl, auth } = server;
  if (!['0.0.0.0', '::', ''].includes(host)) return '';
  const port = publicUrl === '' ? new URL(url).port || '80' : String(server.port);
  const wildcard = host === '::' ? '[::]' : '0.0.0.0';
  const grpc = grpcPort === undefined ? '' : ` and ${wildcard}:${grpcPort} for gRPC`;
  return `Listening on ${wildcard}:${port}${grpc} (every network interface; ${describeAccess(auth)})\n`;
}

function describeAccess({ enabled, requireAuth }: Settings['server']['auth']): string {
  if (!enabled) return 'no authentication';
  return requireAuth ? 'with authentication' : 'anonymous callers may use public agents';
}

function describeStorage(settings: Settings): string {
  const database = settings.databases[settings.storage.database];
  if (database === undefined) return settings.storage.database;
  return database.driver === 'sqlite' ? `sqlite ${database.database}` : `${database.driver} '${settings.storage.database}'`;
}

function describeTracing({ enabled, exporter, endpoint, samplingRate }: Settings['observability']['tracing']): string {
  if (!enabled) return 'off';
  const part = samplingRate === 1 ? 'every request' : `${Number((samplingRate * 100).toPrecision(3))} % of requests`;
  return `${exporter === 'stdout' || exporter === 'debug' ? exporter : `${exporter} ${hideCredentials(endpoint)}`}, ${part}`;
}

function describeMetrics(
  { url, metricsPort }: Pick<Hector, 'url' | 'metricsPort'>,
  { observability, server }: Settings,
  roles: ReadonlySet<Role>,
): string {
  const { enabled, endpoint } = observability.metrics;
  if (!enabled) return 'off';
  if (metricsPort !== undefined) return `http://${ownNameOf(server.host)}:${metricsPort}${endpoint}`;
  return roles.has('front') ? `${url}${endpoint}` : 'none of this process: set observability.metrics.port';
}

/** Of this machine, where the server listens on all of its addresses. */
function ownNameOf(host: string): string {
  if (['0.0.0.0', '::', ''].includes(host)) return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
