/** Requests of any kind over HTTP: none is answered as a fault of the server, none hangs. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Test } from 'tap';
import type { Random } from './random.js';
import type { FuzzRequest } from './rest-requests.js';
import type { RestServer } from './rest-rig.js';

export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export interface FuzzOptions {
  readonly port: string;
  readonly count: number;
  readonly random: Random;
  /** The next request; `taskIds` are of tasks that earlier ones made. */
  readonly create: (random: Random, taskIds: readonly string[]) => FuzzRequest;
  /** What is wrong with an answer below 500; `undefined` = nothing. */
  readonly findFault: (request: FuzzRequest, answer: FuzzAnswer) => string | undefined;
  /** Its kind, for the figures that are returned. */
  readonly kindOf: (answer: FuzzAnswer) => string;
}

/** An answer takes milliseconds; what takes this long hangs. */
const HANGS_AFTER_MS = 10_000;
const AT_ONCE = 16;

/** Sends them, some at a time; fails with the requests that were not answered as they should be. @returns answers by kind. */
export async function fuzzHttp(t: Test, { port, count, random, create, findFault, kindOf }: FuzzOptions): Promise<Map<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  t.teardown(() => agent.destroy());
  const taskIds: string[] = [];
  const kinds = new Map<string, number>();
  const faults: string[] = [];
  let left = count;
  const sendSome = async () => {
    while (left-- > 0 && faults.length < 20) {
      const request = create(random, taskIds);
      const answer = await send(agent, port, request).catch((error: Error) => error);
      if (answer instanceof Error) {
        faults.push(`${describe(request)}: ${answer.message}`);
        continue;
      }
      const fault = answer.status >= 500 ? `${answer.status} ${answer.text.slice(0, 300)}` : findFault(request, answer);
      if (fault !== undefined) faults.push(`${describe(request)}: ${fault}`);
      const kind = fault === undefined ? kindOf(answer) : 'fault';
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const id = /"task":\{"id":"([^"]+)"/.exec(answer.text)?.[1];
      if (id !== undefined) taskIds[taskIds.length < 200 ? taskIds.length : random.below(200)] = id;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendSome));
  t.same(faults, []);
  t.comment(JSON.stringify(Object.fromEntries(kinds)));
  return kinds;
}

/** Ends what is started, in one way or another. Goes on until the test's process ends. */
export async function workAtRandom(server: RestServer, random: Random): Promise<void> {
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

function send(agent: Agent, port: string, { method, target, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
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

function describe({ method, target, headers, body }: FuzzRequest): string {
  return `${method} ${target} ${JSON.stringify(headers)} ${body?.toString('utf8').slice(0, 500) ?? ''}`;
}
