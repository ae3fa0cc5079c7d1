/** Single tasks of one tenant beside the long queue of another. */

import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import { percentilesOf } from '../frame/statistics.js';
import { hectorTarget } from '../targets/hector.js';

const MODEL_MS = 200;
const CONCURRENCY = 16;
/** Of each tenant, and of somebody who looks at the queue. */
const KEYS = { busy: 'key-of-the-busy-tenant', single: 'key-of-the-single-tenant', operator: 'key-of-the-operator' } as const;

export const fairness: Measurement = {
  name: 'fairness',
  budgetSeconds: { full: 0, quick: 0 },
  rows: [
    {
      name: 'fairness',
      question: 'How long does a single task take while another tenant has 10,000 of them waiting?',
      method: `One process with all roles, ${CONCURRENCY} runs at once, a model that takes ${MODEL_MS} ms. One tenant sends blocking SendMessage calls, each when the last was answered: first alone, then while another tenant's tasks wait (--tasks, default 10,000; quick: 1,000), which it has sent without waiting. Times are those of the whole call, the model's own included. The run fails when the queue is empty before the last of them is answered. Wanted: at most a second above the model's own time.`,
      unit: 'ms p50',
      better: 'lower',
      unitOfWork: 'request',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const tasks = readCount(run, 'tasks', run.isQuick ? 1_000 : 10_000);
  const singles = readCount(run, 'singles', run.isQuick ? 10 : 100);
  const keys = `{ name: busy, key: ${KEYS.busy}, tenant: busy }, { name: single, key: ${KEYS.single}, tenant: single }, { name: operator, key: ${KEYS.operator}, role: operator }`;
  const name = `beside ${tasks.toLocaleString('en')} tasks`;
  const target = hectorTarget({
    name,
    agents: `agents: { assistant: { llm: slow, instruction: Answer briefly. } }\nqueue: { concurrency: ${CONCURRENCY}, max_waiting: ${tasks + 1_000} }\n`,
    server: `auth: { enabled: true, api_keys: [${keys}] }`,
    llms: `slow: { provider: offline, first_token_ms: ${MODEL_MS} }`,
  });
  const alone: Line['repeats'][number][] = [];
  const beside: Line['repeats'][number][] = [];
  let waiting = 0;
  for (let repeat = 0; repeat < run.repeats; repeat++) {
    const server = await target.start();
    try {
      // The first ones of a process take longer.
      await sendOneByOne(server.url, 5);
      alone.push(...(await sendOneByOne(server.url, singles)));
      await queue(server.url, tasks);
      run.say(`${tasks} tasks of the other tenant are sent`);
      beside.push(...(await sendOneByOne(server.url, singles)));
      waiting = await readWaiting(server.url);
      if (waiting === 0) throw new Error('the other tenant had nothing waiting any more: take more --tasks');
    } finally {
      await server.close();
    }
  }
  const line = (of: string, latenciesMs: readonly number[]): Line => {
    const latency = percentilesOf(latenciesMs);
    return { row: 'fairness', target: of, repeats: [latency.p50Ms], latency };
  };
  return [
    line('alone', alone),
    {
      ...line(name, beside),
      comparedWith: 'alone',
      also: { 'longest delay, ms': Math.round(Math.max(...beside) - MODEL_MS), 'still waiting': waiting },
    },
  ];
}

/** @returns how long each took, milliseconds. */
async function sendOneByOne(url: string, count: number): Promise<number[]> {
  const took: number[] = [];
  for (let sent = 0; sent < count; sent++) {
    const startedAt = performance.now();
    const state = await send(url, KEYS.single, false);
    took.push(performance.now() - startedAt);
    if (state !== 'TASK_STATE_COMPLETED') throw new Error(`a single task ended as ${state}`);
  }
  return took;
}

/** Sends faster than they are done. */
async function queue(url: string, count: number): Promise<void> {
  let left = count;
  const sender = async () => {
    while (left-- > 0) await send(url, KEYS.busy, true);
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

/** @returns the state of the task. */
async function send(url: string, key: string, returnImmediately: boolean): Promise<string> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', authorization: `Bearer ${key}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message, configuration: { returnImmediately } } }),
  });
  const body = (await response.json()) as { readonly result?: { readonly task?: { readonly status: { readonly state: string } } } };
  if (body.result?.task === undefined) throw new Error(`HTTP ${response.status}: ${JSON.stringify(body).slice(0, 200)}`);
  return body.result.task.status.state;
}

async function readWaiting(url: string): Promise<number> {
  const response = await fetch(new URL('/api/queues', url), { headers: { authorization: `Bearer ${KEYS.operator}` } });
  const { queues } = (await response.json()) as { readonly queues: readonly { readonly name: string; readonly waiting: number }[] };
  return queues[0]?.waiting ?? 0;
}

const SENDERS = 32;
