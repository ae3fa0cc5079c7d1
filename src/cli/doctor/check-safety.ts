/** What works and should not stay so: open doors, secrets in files, parts that cannot meet. */
import { statSync } from 'node:fs';
import { type Finding, fail, ok, warn } from '../../base/finding.js';
import { findLiteralSecrets } from '../../config/find-literal-secrets.js';
import type { Settings } from '../../config/settings.js';
import type { ConfigSource } from '../../config/sources/config-source.js';
import { isRemoteName, parseRemoteName } from '../../config/sources/remote-place.js';

/** @param source where the configuration lies; `undefined`: nowhere */
export function checkSafety(settings: Settings, source: Pick<ConfigSource, 'place' | 'file'> | undefined): readonly Finding[] {
  return [
    checkSecrets(settings),
    ...checkFile(source?.file),
    ...checkPlace(source?.place),
    checkAccess(settings),
    ...checkPages(settings),
    ...checkStudio(settings),
    ...checkLimits(settings),
    ...checkTopology(settings),
  ];
}

function checkSecrets({ source }: Settings): Finding {
  const secrets = findLiteralSecrets(source);
  if (secrets.length === 0) return ok('Secrets', 'none stands in the configuration');
  const names = secrets.map(({ path, variable }) => `${path} (\${${variable}})`).join(', ');
  return warn(
    'Secrets',
    `written out in the configuration, and stored with every run: ${names}`,
    'write the variable in its place, and set that',
  );
}

function checkFile(file: string | undefined): readonly Finding[] {
  const mode = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false })?.mode;
  if (file === undefined || mode === undefined) return [];
  const check = 'Configuration file';
  if ((mode & 0o022) !== 0)
    return [warn(check, `${file} can be written by others, who could have this machine start programs`, `chmod go-w ${file}`)];
  return [ok(check, `${file} is written by its owner alone`)];
}

/** What comes over the network may start programs here. */
function checkPlace(place: string | undefined): readonly Finding[] {
  if (place === undefined || !isRemoteName(place)) return [];
  const { provider, addresses, tls } = parseRemoteName(place, {});
  const check = 'Configuration place';
  if (tls !== undefined) return [ok(check, `${provider}, encrypted`)];
  if (addresses.every(({ host }) => isThisMachine(host))) return [ok(check, `${provider} on this machine`)];
  const message = `${place} is not encrypted: whoever is in between can change it, and have this machine start programs`;
  return [warn(check, message, `write ${provider}+tls://, or config.tls.enabled: true`)];
}

function checkAccess({ server }: Settings): Finding {
  const { host, auth } = server;
  if (auth.enabled)
    return ok('Access', auth.requireAuth ? 'with authentication' : 'with authentication; anonymous callers may use public agents');
  if (isThisMachine(host)) return ok('Access', `without authentication, from this machine alone (${host})`);
  return warn('Access', `whoever reaches ${host}:${server.port} may use the agents`, 'set server.auth, or server.host: 127.0.0.1');
}

/** A page needs no way in from outside: the browser that opens it is inside. */
function checkPages({ server, agents, tools }: Settings): readonly Finding[] {
  if (server.auth.enabled) return [];
  const check = 'Web pages';
  if (!server.cors.allowedOrigins.includes('*')) return [ok(check, 'only those of server.cors.allowed_origins may call agents')];
  const hasAll = Object.values(tools).some(({ enabled }) => enabled);
  const acting = Object.entries(agents).filter(([, agent]) => (agent.tools === undefined ? hasAll : agent.tools.length > 0));
  if (acting.length === 0) return [];
  const names = acting.slice(0, SHOWN_AGENTS).map(([name]) => name);
  const more = acting.length > names.length ? ` and ${acting.length - names.length} more` : '';
  return [
    warn(
      check,
      `any page that somebody opens in a browser which reaches this server may have agents use their tools: ${names.join(', ')}${more}`,
      'name the pages that may in server.cors.allowed_origins ([] for none), or set server.auth',
    ),
  ];
}

/** A caller has as many sessions as it likes. */
function checkLimits({ rateLimiting: { enabled, limits, maxActiveRuns } }: Settings): readonly Finding[] {
  if (!enabled) return [];
  const check = 'Rate limits';
  const isBounded = maxActiveRuns > 0 || limits.some(({ type, scope }) => type !== 'request' && scope !== 'session');
  if (isBounded) return [ok(check, `${limits.length} for callers`)];
  return [
    warn(
      check,
      'hold within one session each, and whoever begins a new session begins anew',
      "set scope: user (or tenant) on one of rate_limiting.limits, or rate_limiting.max_active_runs; anonymous callers are their address's",
    ),
  ];
}

function checkStudio({ server }: Settings): readonly Finding[] {
  if (!server.studio.enabled || server.auth.enabled) return [];
  return [warn('Studio', 'without authentication, everybody on this machine may change the configuration', 'set server.auth')];
}

/** Processes of one deployment must meet at one Redis and one database. */
function checkTopology({ redis, storage, databases }: Settings): readonly Finding[] {
  const check = 'Topology';
  const used = [storage.database, storage.tasks.database, storage.sessions.database].map((name) => databases[name]);
  const hasFile = storage.tasks.backend === 'sql' && used.some((database) => database?.driver === 'sqlite');
  const isShared = redis.url !== '' && !redis.url.startsWith('unix:') && !isThisMachine(hostOf(redis.url));
  if (storage.tasks.backend === 'inmemory')
    return [warn(check, 'tasks are kept in memory: one process alone, and they are lost with it', 'set storage.tasks.backend: sql')];
  if (isShared && hasFile)
    return [
      fail(
        check,
        `processes of several machines meet at the Redis of ${hostOf(redis.url)}, but each has an SQLite file of its own`,
        'take PostgreSQL or MySQL (databases), or a Redis of this machine',
      ),
    ];
  if (redis.url === '' && !hasFile)
    return [
      warn(check, 'the database can be shared by machines, the embedded Redis cannot: run all processes on this one', 'set redis.url'),
    ];
  return [ok(check, hasFile ? 'one machine, any number of processes' : 'any number of machines')];
}

const SHOWN_AGENTS = 5;

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function isThisMachine(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || host.startsWith('127.');
}
