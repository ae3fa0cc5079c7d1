/** Whether the ports that `serve` would listen on are to be had, and what answers there now. */
import { createServer } from 'node:net';
import { type Finding, fail, ok } from '../../base/finding.js';
import type { Settings } from '../../config/settings.js';
import { askHealth } from '../ask-health.js';

export async function checkPorts({ server, observability }: Pick<Settings, 'server' | 'observability'>): Promise<readonly Finding[]> {
  const wanted: readonly (readonly [string, number | undefined])[] = [
    ['server.port', server.port],
    [GRPC, server.grpcPort],
    ['observability.metrics.port', observability.metrics.port],
  ];
  const findings: Finding[] = [];
  let runs = false;
  for (const [key, port] of wanted) {
    if (port === undefined || port === 0) continue;
    const check = `Port ${port}`;
    const reason = await tryToListen(port, server.host);
    const isTaken = reason === 'EADDRINUSE';
    // gRPC answers no such question: it is taken to be of the one that was found.
    if (isTaken && key !== GRPC) runs ||= await isHector(server.host, port, server.tls.enabled && key === 'server.port');
    const isOurs = isTaken && runs;
    findings.push(isOurs ? ok(check, `Hector serves there already (${key})`) : describe(key, port, server.host, reason));
  }
  return findings;
}

/** @param reason code of why it cannot be listened on; `undefined`: it can */
function describe(key: string, port: number, host: string, reason: string | undefined): Finding {
  const check = `Port ${port}`;
  if (reason === undefined) return ok(check, `is free (${key})`);
  if (reason === 'EACCES') return fail(check, 'may not be taken by this user', `set ${key} above 1023, or allow it (CAP_NET_BIND_SERVICE)`);
  if (reason === 'EADDRNOTAVAIL')
    return fail(check, `'${host}' is no address of this machine`, 'set server.host to 0.0.0.0 or to one that is');
  if (reason !== 'EADDRINUSE') return fail(check, `cannot be listened on (${reason})`, `set ${key} to another one`);
  return fail(check, 'is taken by another program', `end that one, or set ${key} to a free one`);
}

function tryToListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

async function isHector(host: string, port: number, isEncrypted: boolean): Promise<boolean> {
  try {
    const { status, text } = await askHealth({ host, port, isEncrypted, path: '/health', timeoutMs: TIMEOUT_MS });
    return status === 200 && text.includes('"studio_mode"');
  } catch {
    // Whatever it is, it does not speak as we do.
    return false;
  }
}

const GRPC = 'server.grpc_port';
const TIMEOUT_MS = 2_000;
