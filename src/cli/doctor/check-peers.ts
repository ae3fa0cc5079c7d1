/** Programs and addresses that the configuration names: MCP servers, remote agents, identity provider, collector, vector stores, document sources. */
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { systemClock } from '../../base/clock.js';
import { describeError } from '../../base/errors.js';
import { type Finding, fail, ok, warn } from '../../base/finding.js';
import type { Settings } from '../../config/settings.js';
import { silentLogger } from '../../observe/log.js';
import { ToolsetPool } from '../../runtime/toolset-pool.js';

export async function checkPeers(settings: Settings): Promise<readonly Finding[]> {
  const found = await Promise.all([
    checkToolsets(settings),
    checkRemotes(settings),
    checkKeys(settings),
    checkCollector(settings),
    checkVectorStores(settings),
  ]);
  return [...found.flat(), ...checkSources(settings)];
}

/** Starts them as a worker would, asks for their tools, and ends them. */
async function checkToolsets(settings: Settings): Promise<readonly Finding[]> {
  const pool = new ToolsetPool({ clock: systemClock, log: silentLogger });
  try {
    const { forParsing } = pool.hold(settings);
    return await Promise.all(
      forParsing.map(async (toolset) => {
        const check = `MCP server ${toolset.name}`;
        const tools = await toolset.list(AbortSignal.timeout(MCP_TIMEOUT_MS)).catch(() => []);
        const { state, failure, problems, server } = toolset.health();
        if (state !== 'connected')
          return fail(
            check,
            failure?.message ?? `does not answer within ${MCP_TIMEOUT_MS / 1_000} s`,
            `correct tools.${toolset.name}, or set enabled: false`,
          );
        if (problems.length > 0)
          return warn(check, `leaves out tools: ${problems.join('; ')}`, 'see src/providers/tools/adapters/mcp/README.md');
        return ok(check, `${server || 'answers'}, ${tools.length} tools`);
      }),
    );
  } finally {
    await pool.close();
  }
}

async function checkRemotes({ agents }: Settings): Promise<readonly Finding[]> {
  const remotes = Object.entries(agents).flatMap(([name, { type, url, agentCardUrl }]) => {
    const address = agentCardUrl || url;
    return type === 'remote' && typeof address === 'string' && address !== '' ? [[name, address] as const] : [];
  });
  return await Promise.all(remotes.map(([name, url]) => checkUrl(`Remote agent ${name}`, url, `correct agents.${name}.url`)));
}

/** Whether they answer at all; what an index has is told by the process that searches it (`hector documents stores`). */
async function checkVectorStores({ vectorStores, documentStores }: Settings): Promise<readonly Finding[]> {
  const used = new Set(Object.values(documentStores).map(({ vectorStore }) => vectorStore));
  const services = Object.entries(vectorStores).flatMap(([name, store]) =>
    used.has(name) && store.type !== 'hnsw' ? [[name, store.url] as const] : [],
  );
  return await Promise.all(
    services.map(([name, url]) =>
      checkUrl(`Vector store ${name}`, url, `start it or correct vector_stores.${name}; documents are not found by meaning without it`),
    ),
  );
}

async function checkKeys({ server }: Settings): Promise<readonly Finding[]> {
  const { enabled, jwksUrl } = server.auth;
  if (!enabled || jwksUrl === '') return [];
  const finding = await checkUrl('Identity provider', jwksUrl, 'correct server.auth.jwks_url: without keys no token can be checked', true);
  return [finding];
}

async function checkUrl(check: string, url: string, cure: string, mustBeFine = false): Promise<Finding> {
  try {
    const { status, ok: isFine } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (mustBeFine && !isFine) return fail(check, `${url} answers with HTTP ${status}`, cure);
    return status < 500 ? ok(check, `${url} answers`) : warn(check, `${url} answers with HTTP ${status}`, cure);
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return fail(check, `${url} does not answer (${describeError(reason)})`, cure);
  }
}

async function checkCollector({ observability }: Settings): Promise<readonly Finding[]> {
  const { enabled, exporter, endpoint = '' } = observability.tracing;
  if (!enabled || exporter === 'stdout' || endpoint === '') return [];
  const address = endpoint.includes('://') ? endpoint : `http://${endpoint}`;
  if (!URL.canParse(address)) return [];
  const { hostname, port, protocol } = new URL(address);
  const isThere = await canConnect(hostname.replace(/^\[|\]$/g, ''), Number(port) || (protocol === 'https:' ? 443 : 80));
  return [
    isThere
      ? ok('Collector of traces', `${endpoint} takes connections`)
      : warn(
          'Collector of traces',
          `${endpoint} takes no connection; spans are dropped, runs go on`,
          'start it, or correct observability.tracing.endpoint',
        ),
  ];
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const end = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

function checkSources({ documentStores }: Settings): readonly Finding[] {
  return Object.entries(documentStores).flatMap(([name, { source }]) => {
    if (source.type !== 'directory') return [];
    const check = `Documents ${name}`;
    try {
      accessSync(source.path, constants.R_OK | constants.X_OK);
      return [ok(check, source.path)];
    } catch (error) {
      return [
        fail(
          check,
          `${source.path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
          `correct document_stores.${name}.source.path, or make the folder`,
        ),
      ];
    }
  });
}

const MCP_TIMEOUT_MS = 15_000;
const TIMEOUT_MS = 3_000;
