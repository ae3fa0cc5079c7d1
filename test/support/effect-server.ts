/** The outside world of the crash tests: a real server that counts what runs do to it and what they ask of the model. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { faultPoint } from '../../src/base/fault-points.js';

export type OutsideWork = 'model' | 'tool';

/** What one run did. */
export interface OutsideCalls {
  readonly model: number;
  readonly tool: number;
  /** Distinct idempotency keys of its tool calls: what a service that knows them would have done. */
  readonly keys: ReadonlySet<string>;
}

export interface EffectServer {
  readonly url: string;
  callsOf(run: string): OutsideCalls;
  close(): Promise<void>;
}

export async function startEffectServer(): Promise<EffectServer> {
  const calls = new Map<string, { model: number; tool: number; keys: Set<string> }>();
  const countsOf = (run: string) => {
    const counts = calls.get(run) ?? { model: 0, tool: 0, keys: new Set<string>() };
    calls.set(run, counts);
    return counts;
  };
  const server = createServer((incoming, reply) => {
    const [, work, run = ''] = (incoming.url ?? '').split('/') as [string, OutsideWork, string];
    const counts = countsOf(run);
    counts[work] += 1;
    if (work === 'tool') counts.keys.add(String(incoming.headers['idempotency-key']));
    reply.end('done');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callsOf: countsOf,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The tests' own fault points: the effect has happened, and whoever asked for it does not know yet. */
export const OUTSIDE_POINTS: Readonly<Record<OutsideWork, string>> = { model: 'outside.model', tool: 'outside.tool' };

/** One call of the outside world. */
export async function callOutside(url: string, work: OutsideWork, run: string, idempotencyKey = ''): Promise<void> {
  const outgoing = request(`${url}/${work}/${run}`, { method: 'POST', agent: false, headers: { 'idempotency-key': idempotencyKey } });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  await faultPoint(OUTSIDE_POINTS[work]);
  incoming.resume();
  await once(incoming, 'end');
}
