/** Hector beside the official SDK's server: reading, sending, streaming. */
import { measureLoad, type Started } from '../frame/measure-load.js';
import type { Line, Measurement, Row, Run } from '../frame/measurement.js';
import { hectorTarget } from '../targets/hector.js';
import { jsSdkTarget } from '../targets/js-sdk.js';
import { nodeHttpTarget } from '../targets/node-http.js';
import { sendOne } from './send-one.js';

const PEER = jsSdkTarget.name;
const CLOSED = { type: 'concurrency', connections: 64 } as const;
/** Slow enough for every target on two busy cores, so that waiting is what is seen. */
const OPEN = { type: 'rate', perSecond: 40, maxInFlight: 200 } as const;
const CLOSED_METHOD = 'Closed loop, 64 connections: finds what a server can do, and says nothing of how long anybody waits.';
const OPEN_METHOD =
  '40 requests per second at fixed moments, whatever becomes of them; times run from the moment that a request should have been sent.';
const PEER_METHOD = 'The peer keeps tasks in its memory and loses them when it ends; Hector commits each to SQLite and queues it in Redis.';

const rate = (name: string, question: string, method = ''): Row => ({
  ...{ name, question, unit: '/s', better: 'higher', unitOfWork: 'request' },
  method: `${CLOSED_METHOD} ${method}`.trim(),
});
const wait = (name: string, question: string): Row => ({
  ...{ name, question, unit: 'ms p50', better: 'lower', unitOfWork: 'request' },
  method: `${OPEN_METHOD} ${PEER_METHOD}`,
});

export const compare: Measurement = {
  name: 'compare',
  budgetSeconds: { full: 230, quick: 40 },
  rows: [
    rate(
      'card',
      'How many agent cards are served per second?',
      'node:http sends a small constant: where it is near, the generator is the limit.',
    ),
    rate('get-task', 'How many GetTask calls of one finished task are answered per second?', PEER_METHOD),
    rate('list-tasks', 'How many pages of 20 tasks does ListTasks give per second?', PEER_METHOD),
    rate('send', 'How many blocking SendMessage calls are answered per second?', PEER_METHOD),
    wait('send-wait', 'How long does a blocking SendMessage take on an idle server?'),
    wait('first-token', 'How long until the first streamed text on an idle server?'),
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const running: Started[] = [];
  try {
    for (const target of [
      hectorTarget({ name: 'hector' }),
      ...(run.isQuick ? [] : [hectorTarget({ name: 'hector, node:http', http: 'node' })]),
      jsSdkTarget,
      nodeHttpTarget,
    ])
      running.push({ name: target.name, server: await target.start(), comparedWith: PEER });
    const agents = running.filter(({ name }) => name !== nodeHttpTarget.name);
    const ids = new Map<Started, string>();
    // A page has twenty to give, and one of them is read.
    for (const agent of agents) for (let task = 0; task < 25; task++) ids.set(agent, await sendOne(agent.server.url));
    const closed = { arrivals: CLOSED, figure: ({ perSecond }: { readonly perSecond: number }) => perSecond };
    const lines: Line[] = [];
    const add = async (...input: Parameters<typeof measureLoad>) => void lines.push(...(await measureLoad(...input)));
    await add(run, running, { ...closed, row: 'card', kindFor: () => ({ type: 'get' }) });
    const getTask = (target: Started) => ({ type: 'call', method: 'GetTask', params: { id: ids.get(target) ?? '' } }) as const;
    await add(run, agents, { ...closed, row: 'get-task', kindFor: getTask });
    await add(run, agents, {
      ...closed,
      row: 'list-tasks',
      kindFor: () => ({ type: 'call', method: 'ListTasks', params: { pageSize: 20 } }),
    });
    await add(run, agents, { arrivals: OPEN, figure: ({ latency }) => latency.p50Ms, row: 'send-wait', kindFor: () => ({ type: 'send' }) });
    const firstText = (figures: { readonly firstText: { readonly p50Ms: number } | undefined }) => figures.firstText?.p50Ms ?? Number.NaN;
    await add(run, agents, {
      arrivals: OPEN,
      figure: firstText,
      latency: (figures) => figures.firstText,
      row: 'first-token',
      kindFor: () => ({ type: 'stream' }),
    });
    // Last: it leaves many tasks behind.
    await add(run, agents, { ...closed, row: 'send', kindFor: () => ({ type: 'send' }) });
    return lines;
  } finally {
    await Promise.all(running.map(({ server }) => server.close()));
  }
}
