/** Ten thousand requests of any kind: none is answered 500, none hangs, and the server is well afterwards. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import t, { type Test } from 'tap';
import { createRandom, type Random } from '../support/random.js';
import { type FuzzRequest, mutatedRequest, rawRequest } from '../support/rest-requests.js';
import { type RestServer, startRestServer } from '../support/rest-rig.js';
import { startTestHector } from '../support/start-hector.js';

const SEED = 20_260_401;
/** An answer takes milliseconds; what takes this long hangs. */
const HANGS_AFTER_MS = 10_000;
const AT_ONCE = 16;

for (const http of ['uws', 'node'] as const) {
  t.test(`4,500 requests over ${http} (E1, E5, E6, Z4)`, { timeout: 90_000 }, async (t) => {
    const server = await startRestServer(t, { http, limits: { maxStreamsPerCaller: 1000 } });
    void workAtRandom(server, createRandom(SEED));
    await fuzz(t, new URL(server.url).port, 4_500, createRandom(SEED + 1));
    t.equal((await server.ask('GET', '/tasks/none')).body.error.details[0].reason, 'TASK_NOT_FOUND');
    // Streams whose clients left let go of their tasks, and every client has left.
    while (server.feed.size > 0) await new Promise(setImmediate);
    t.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
}

t.test('1,000 requests to a whole Hector with its database (E6, Z4)', { timeout: 90_000 }, async (t) => {
  const hector = await startTestHector(t, { config: { agents: { helper: { instruction: 'Answer briefly.' } } } });
  await fuzz(t, new URL(hector.url).port, 1_000, createRandom(SEED + 2));
  t.equal((await fetch(`${hector.url}/health/ready`)).status, 200);
});

/** Sends them, some at a time; fails with the requests that were not answered as they should be. */
async function fuzz(t: Test, port: string, count: number, random: Random): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  t.teardown(() => agent.destroy());
  const taskIds: string[] = [];
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  let left = count;
  const sendSome = async () => {
    while (left-- > 0 && faults.length < 20) {
      const request = random.chance(0.7) ? mutatedRequest(random, taskIds) : rawRequest(random);
      const answer = await send(agent, port, request).catch((error: Error) => error);
      if (answer instanceof Error) {
        faults.push(`${describe(request)}: ${answer.message}`);
        continue;
      }
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const fault = findFault(request, answer);
      if (fault !== undefined) faults.push(`${describe(request)}: ${fault}`);
      const id = /"task":\{"id":"([^"]+)"/.exec(answer.text)?.[1];
      if (id !== undefined) taskIds[taskIds.length < 200 ? taskIds.length : random.below(200)] = id;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendSome));
  t.same(faults, []);
  // Else the requests are so strange that nothing is reached.
  for (const status of [200, 400, 404, 405]) t.ok((statuses.get(status) ?? 0) > count / 100, `${status}: ${statuses.get(status)}`);
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

function findFault({ method }: FuzzRequest, { status, contentType, text }: Answer): string | undefined {
  if (status >= 500) return `${status} ${text.slice(0, 300)}`;
  if (method === 'HEAD' || method === 'OPTIONS' || contentType === 'text/event-stream') return undefined;
  const body = JSON.parse(text);
  if (status < 400) return undefined;
  const { code, message, details } = body.error ?? {};
  const isWhole = code === status && typeof body.error.status === 'string' && message !== '' && details?.[0]?.['@type'] !== undefined;
  // What names no path below the agent is not of this binding: JSON-RPC's, or the server's own.
  if (body.jsonrpc === '2.0' && body.error?.data?.[0]?.reason !== undefined) return undefined;
  return isWhole || typeof code === 'string' ? undefined : `${status} without its error: ${text.slice(0, 300)}`;
}

function send(agent: Agent, port: string, { method, target, headers, body }: FuzzRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      agent,
      host: '127.0.0.1',
      port,
      method,
      path: target,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
    });
    const timer = setTimeout(() => outgoing.destroy(new Error('no answer')), HANGS_AFTER_MS);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    outgoing.on('error', (error) => settle(() => reject(error)));
    outgoing.on('response', (incoming: IncomingMessage) => {
      let text = '';
      const contentType = incoming.headers['content-type'] ?? '';
      const answer = () => settle(() => resolve({ status: incoming.statusCode ?? 0, contentType, text }));
      incoming.setEncoding('utf8').on('error', (error) => settle(() => reject(error)));
      incoming.on('data', (chunk: string) => {
        text += chunk;
        // A stream may stay open as long as its task rests: its first event is enough.
        if (contentType !== 'text/event-stream' || !text.includes('\ndata: ')) return;
        answer();
        incoming.removeAllListeners('error').on('error', () => {});
        outgoing.destroy();
      });
      incoming.on('end', answer);
    });
    outgoing.end(body);
  });
}

/** Ends what is started, in one way or another. Goes on until the test's process ends. */
async function workAtRandom(server: RestServer, random: Random): Promise<void> {
  for (;;) {
    try {
      const run = await server.nextRun();
      if (random.chance(0.5)) await run.preview('part');
      if (random.chance(0.3)) await run.rest('TASK_STATE_INPUT_REQUIRED', 'which?');
      else await run.finish('answer');
    } catch {
      // Canceled between its job and its take.
    }
  }
}

function describe({ method, target, headers, body }: FuzzRequest): string {
  return `${method} ${target} ${JSON.stringify(headers)} ${body?.toString('utf8').slice(0, 500) ?? ''}`;
}
