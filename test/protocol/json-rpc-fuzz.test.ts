/** Ten thousand calls of any kind over JSON-RPC: none is our fault, none hangs, every answer is a response of the protocol. */
import t, { type Test } from 'tap';
import { type FuzzAnswer, fuzzHttp, workAtRandom } from '../support/fuzz-http.js';
import { mutatedCall, rawCall } from '../support/json-rpc-requests.js';
import { createRandom } from '../support/random.js';
import type { FuzzRequest } from '../support/rest-requests.js';
import { startRestServer } from '../support/rest-rig.js';
import { startTestHector } from '../support/start-hector.js';

const SEED = 20_261_201;
const CODES = [-32700, -32600, -32601, -32602, -32001, -32002, -32003, -32004, -32005, -32007, -32009];

for (const http of ['uws', 'node'] as const) {
  t.test(`4,500 calls over ${http} (E1, E5, E6, J4, Z4)`, { timeout: 90_000 }, async (t) => {
    const server = await startRestServer(t, { http, limits: { maxStreamsPerCaller: 1000 } });
    void workAtRandom(server, createRandom(SEED));
    const kinds = await fuzz(t, new URL(server.url).port, 4_500, SEED + 1);
    // Else the calls are so strange that nothing is reached.
    for (const kind of ['result', 'stream', ...CODES.filter((code) => code !== -32007 && code !== -32003)])
      t.ok((kinds.get(String(kind)) ?? 0) > 4, `${kind}: ${kinds.get(String(kind))}`);
    while (server.feed.size > 0) await new Promise(setImmediate);
    t.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
}

t.test('1,000 calls to a whole Hector with its database (E6, Z4)', { timeout: 90_000 }, async (t) => {
  const hector = await startTestHector(t, { config: { agents: { helper: { instruction: 'Answer briefly.' } } } });
  await fuzz(t, new URL(hector.url).port, 1_000, SEED + 2);
  t.equal((await fetch(`${hector.url}/health/ready`)).status, 200);
});

function fuzz(t: Test, port: string, count: number, seed: number): Promise<Map<string, number>> {
  return fuzzHttp(t, {
    ...{ port, count, random: createRandom(seed), findFault, kindOf },
    create: (random, taskIds) => (random.chance(0.75) ? mutatedCall(random, taskIds) : rawCall(random)),
  });
}

function findFault({ body }: FuzzRequest, { status, contentType, text }: FuzzAnswer): string | undefined {
  if (contentType === 'text/event-stream')
    return /^event: error$/m.test(text) ? `an error in the stream: ${text.slice(0, 300)}` : undefined;
  // Before there is a call to answer: unknown agents, bodies that are not JSON by their type, too large ones.
  if (status !== 200) return [404, 413, 415].includes(status) ? undefined : `HTTP ${status}: ${text.slice(0, 300)}`;
  const answer = JSON.parse(text);
  const { jsonrpc, id, error } = answer;
  if (jsonrpc !== '2.0' || !('id' in answer) || 'result' in answer === 'error' in answer) return `no response: ${text.slice(0, 300)}`;
  const sent = findId(body);
  if (sent !== undefined && error?.code !== -32600 && id !== sent) return `another id: ${text.slice(0, 300)}`;
  if (error === undefined) return undefined;
  const isWhole = typeof error.message === 'string' && error.message !== '' && error.data?.[0]?.['@type'] !== undefined;
  return isWhole && error.code !== -32603 && CODES.includes(error.code) ? undefined : `error ${text.slice(0, 300)}`;
}

/** The id that must come back, where the body has one that may. */
function findId(body: Buffer | undefined): unknown {
  try {
    const { id } = JSON.parse(body?.toString() ?? '');
    return typeof id === 'string' || Number.isSafeInteger(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

function kindOf({ status, contentType, text }: FuzzAnswer): string {
  if (contentType === 'text/event-stream') return 'stream';
  return status === 200 ? String(JSON.parse(text).error?.code ?? 'result') : `HTTP ${status}`;
}
