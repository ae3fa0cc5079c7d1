/** Whether the ports that `serve` would listen on are to be had, and what answers there now. */
import { get as ask } from 'node:http';
import { get as askEncrypted } from 'node:https';
import { createServer } from 'node:net';
import { type Finding, fail, ok } from '../../base/finding.js';
import type { Settings } from '../../config/settings.js';

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

/** Nothing is told to whoever answers, so its certificate does not matter. */
function isHector(host: string, port: number, isEncrypted: boolean): Promise<boolean> {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const options = { host: address, port, path: '/health', agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) };
  return new Promise((resolve) => {
    const asked = isEncrypted ? askEncrypted({ ...options, rejectUnauthorized: false }) : ask(options);
    // Whatever it is, it does not speak as we do.
    const isOther = () => {
      resolve(false);
      asked.destroy();
    };
    asked.on('error', isOther);
    asked.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_CHARACTERS) isOther();
      });
      response.once('end', () => resolve(response.statusCode === 200 && text.includes('"studio_mode"'))).on('error', isOther);
    });
  });
}

const GRPC = 'server.grpc_port';
const TIMEOUT_MS = 2_000;
const MAX_CHARACTERS = 65_536;
