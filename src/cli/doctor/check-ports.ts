/** Whether the ports that `serve` would listen on are to be had, and what answers there now. */
import { createServer } from 'node:net';
import { type Finding, fail, ok } from '../../base/finding.js';
import type { Settings } from '../../config/settings.js';

export async function checkPorts({ server, observability }: Pick<Settings, 'server' | 'observability'>): Promise<readonly Finding[]> {
  const wanted: readonly (readonly [string, number | undefined])[] = [
    ['server.port', server.port],
    ['server.grpc_port', server.grpcPort],
    ['observability.metrics.port', observability.metrics.enabled ? observability.metrics.port : undefined],
  ];
  const findings: Finding[] = [];
  for (const [key, port] of wanted) if (port !== undefined && port !== 0) findings.push(await checkPort(key, port, server.host));
  return findings;
}

async function checkPort(key: string, port: number, host: string): Promise<Finding> {
  const check = `Port ${port}`;
  const reason = await tryToListen(port, host);
  if (reason === undefined) return ok(check, `is free (${key})`);
  if (reason === 'EACCES') return fail(check, 'may not be taken by this user', `set ${key} above 1023, or allow it (CAP_NET_BIND_SERVICE)`);
  if (reason === 'EADDRNOTAVAIL')
    return fail(check, `'${host}' is no address of this machine`, 'set server.host to 0.0.0.0 or to one that is');
  if (reason !== 'EADDRINUSE') return fail(check, `cannot be listened on (${reason})`, `set ${key} to another one`);
  if (await isHector(port)) return ok(check, `Hector serves there already (${key})`);
  return fail(check, 'is taken by another program', `end that one, or set ${key} to a free one`);
}

function tryToListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

async function isHector(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok && /"studio_mode"/.test(await response.text());
  } catch {
    // Whatever it is, it does not speak as we do.
    return false;
  }
}

const TIMEOUT_MS = 2_000;
