/**
 * What a request costs beside the official SDK's server, for tests: CPU time per request of one over that of the other. Unlike requests
 * per second it holds on a slow machine, and nearly so on a busy one.
 */
import { loadHere } from '../load/load-here.js';
import type { LoadKind } from '../load/load-options.js';

import { hectorTarget } from '../targets/hector.js';
import { jsSdkTarget } from '../targets/js-sdk.js';
import type { RunningTarget } from '../targets/target.js';
import { sendOne } from './send-one.js';

export const COST_ROWS = ['card', 'get-task', 'list-tasks', 'send'] as const;
export type CostRow = (typeof COST_ROWS)[number];

const ARRIVALS = { type: 'concurrency', connections: 32 } as const;
const SECONDS = 0.5;
/** Of each server: the system counts it in steps of 10 ms. A process that others keep from running needs more rounds for it. */
const ENOUGH_MS = 500;
const MAX_ROUNDS = 6;

interface Cost {
  cpuMs: number;
  requests: number;
}

export interface CostPair {
  /** @returns Hector's cost over the SDK's, both measured in turns. Lower is better. */
  measure(row: CostRow): Promise<number>;
  close(): Promise<void>;
}

export async function startCostPair(): Promise<CostPair> {
  const servers = [await hectorTarget().start(), await jsSdkTarget.start()] as const;
  const ids = new Map<RunningTarget, string>();
  // A page has twenty to give, and one of them is read.
  for (const server of servers) for (let task = 0; task < 25; task++) ids.set(server, await sendOne(server.url));
  const load = async (server: RunningTarget, row: CostRow, cost: Cost) => {
    const kind = kindOf(row, ids.get(server) as string);
    const url = kind.type === 'get' ? server.cardUrl : server.url;
    const options = { url, kind, arrivals: ARRIVALS, pids: server.pids, warmUpSeconds: SECONDS / 4, seconds: SECONDS };
    const { cpuMs, requests, errors, problems } = await loadHere(options);
    if (errors > 0) throw new Error(`${errors} requests for ${row} failed: ${JSON.stringify(problems)}`);
    cost.cpuMs += cpuMs;
    cost.requests += requests;
  };
  return {
    async measure(row) {
      const costs = servers.map((server) => ({ server, cost: { cpuMs: 0, requests: 0 } }));
      // The first round is the compiler's.
      for (const { server } of costs) await load(server, row, { cpuMs: 0, requests: 0 });
      for (let round = 0; round < MAX_ROUNDS && costs.some(({ cost }) => cost.cpuMs < ENOUGH_MS); round++)
        for (const { server, cost } of costs) await load(server, row, cost);
      const [own, peer] = costs.map(({ cost }) => cost.cpuMs / cost.requests) as [number, number];
      return own / peer;
    },
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}

function kindOf(row: CostRow, id: string): LoadKind {
  switch (row) {
    case 'card':
      return { type: 'get' };
    case 'get-task':
      return { type: 'call', method: 'GetTask', params: { id } };
    case 'list-tasks':
      return { type: 'call', method: 'ListTasks', params: { pageSize: 20 } };
    case 'send':
      return { type: 'send' };
  }
}
