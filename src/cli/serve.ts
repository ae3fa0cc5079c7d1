import { describeError } from '../base/errors.js';
import { readVersion } from '../base/version.js';
import { describeSource } from '../config/describe-source.js';
import { hideCredentials } from '../config/describe-value.js';
import { findLiteralSecrets } from '../config/find-literal-secrets.js';
import type { Settings } from '../config/settings.js';
import type { Hector, Role } from '../runtime/hector.js';
import { warnAboutAuthFlags } from './auth-flags.js';
import { type CliContext, type Command, findTextFlag, isFlagSet } from './command.js';
import { openServeConfig } from './open-serve-config.js';
import { parseRoles } from './parse-roles.js';
import { runHector } from './run-hector.js';
import { SERVE_OPTIONS } from './serve-flags.js';
import { whenAborted } from './stop-signal.js';
import { warnAboutSecrets } from './warn-about-secrets.js';

/** CLI-02. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'Start the server',
  usage: '[flags]',
  maxArguments: 0,
  options: {
    roles: { type: 'string', value: '<list>', description: 'What this process does: front, agent, ingest, keeper (default all)' },
    ...SERVE_OPTIONS,
  },
  examples: [
    'hector serve',
    'hector serve --config hector.yaml --port 9000',
    "hector serve --docs-folder ./docs --instruction 'Answer from the documents.'",
    'hector serve --roles front',
    'hector serve --roles agent,ingest,keeper',
  ],
  async run(input, context) {
    const roles = parseRoles(findTextFlag(input, 'roles'));
    const { settings, config, watches } = await openServeConfig(input, context);
    warnAboutSecrets(findLiteralSecrets(settings.source), context.terminal);
    warnAboutAuthFlags(input, context.terminal);
    const serve = async (hector: Hector, signal: AbortSignal) => {
      const stopListening = context.listenForHangup?.(() => void hector.reload?.());
      context.terminal.write(`${formatBanner(context)}${formatStartup(hector, settings, roles)}`);
      if (isFlagSet(input, 'force-reindex')) void reindex(hector, context, signal);
      await whenAborted(signal);
      stopListening?.();
      context.terminal.writeError('Stopping; press Ctrl-C again to end at once.\n');
      return 0;
    };
    return runHector(context, settings, roles, serve, { config, watches });
  },
};

/** Beside what is served meanwhile; present chunks are found until new ones are there. */
async function reindex(hector: Hector, { terminal }: CliContext, signal: AbortSignal): Promise<void> {
  try {
    const { done, failed } = await hector.ingest(undefined, () => undefined, signal, 'all');
    terminal.writeError(`Documents embedded anew: ${done}${failed === 0 ? '' : `, failed: ${failed}`}\n`);
  } catch (error) {
    if (!signal.aborted) terminal.writeError(`warning: --force-reindex: ${describeError(error)}\n`);
  }
}

/** CLI-50: only for somebody who watches. */
function formatBanner({ terminal }: CliContext): string {
  return terminal.isInteractive ? `\n  H E C T O R  ${readVersion()}\n\n` : '';
}

/** CLI-51: what exists, and where. */
export function formatStartup(hector: Pick<Hector, 'url' | 'grpcPort'>, settings: Settings, roles: ReadonlySet<Role>): string {
  const { url, grpcPort } = hector;
  const front: readonly (readonly [string, string])[] = roles.has('front')
    ? [
        ['Agents', `${url}/agents`],
        ['Agent card', `${url}/.well-known/agent-card.json`],
        ['Health', `${url}/health`],
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
