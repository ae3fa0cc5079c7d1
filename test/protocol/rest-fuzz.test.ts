/** Ten thousand requests of any kind: none is answered 500, none hangs, and the server is well afterwards. */
import t, { type Test } from 'tap';
import { type FuzzAnswer, fuzzHttp, workAtRandom } from '../support/fuzz-http.js';
import { createRandom } from '../support/random.js';
import { type FuzzRequest, mutatedRequest, rawRequest } from '../support/rest-requests.js';
import { startRestServer } from '../support/rest-rig.js';
import { startTestHector } from '../support/start-hector.js';

const SEED = 20_260_401;

for (const http of ['uws', 'node'] as const) {
  t.test(`4,500 requests over ${http} (E1, E5, E6, Z4)`, { timeout: 90_000 }, async (t) => {
    const server = await startRestServer(t, { http, limits: { maxStreamsPerCaller: 1000 } });
    void workAtRandom(server, createRandom(SEED));
    await fuzz(t, new URL(server.url).port, 4_500, SEED + 1);
    t.equal((await server.ask('GET', '/tasks/none')).body.error.details[0].reason, 'TASK_NOT_FOUND');
    // Streams whose clients left let go of their tasks, and every client has left.
    while (server.feed.size > 0) await new Promise(setImmediate);
    t.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
}

t.test('1,000 requests to a whole Hector with its database (E6, Z4)', { timeout: 90_000 }, async (t) => {
  const hector = await startTestHector(t, { config: { agents: { helper: { instruction: 'Answer briefly.' } } } });
  await fuzz(t, new URL(hector.url).port, 1_000, SEED + 2);
  t.equal((await fetch(`${hector.url}/health/ready`)).status, 200);
});

async function fuzz(t: Test, port: string, count: number, seed: number): Promise<void> {
  const statuses = await fuzzHttp(t, {
    ...{ port, count, random: createRandom(seed), findFault },
    create: (random, taskIds) => (random.chance(0.7) ? mutatedRequest(random, taskIds) : rawRequest(random)),
    kindOf: ({ status }) => String(status),
  });
  // Else the requests are so strange that nothing is reached.
  for (const status of ['200', '400', '404', '405']) t.ok((statuses.get(status) ?? 0) > count / 100, `${status}: ${statuses.get(status)}`);
}

function findFault({ method }: FuzzRequest, { status, contentType, text }: FuzzAnswer): string | undefined {
  if (method === 'HEAD' || method === 'OPTIONS' || contentType === 'text/event-stream') return undefined;
  const body = JSON.parse(text);
  if (status < 400) return undefined;
  const { code, message, details } = body.error ?? {};
  const isWhole = code === status && typeof body.error.status === 'string' && message !== '' && details?.[0]?.['@type'] !== undefined;
  // What names no path below the agent is not of this binding.
  return isWhole || typeof code === 'string' ? undefined : `${status} without its error: ${text.slice(0, 300)}`;
}
