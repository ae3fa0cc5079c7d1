/** Whether a message costs more the more there were before it. */

import type { Line, Measurement, Run } from '../frame/measurement.js';
import { cpuMsOf } from '../frame/process-usage.js';
import { runLoad } from '../load/run-load.js';
import { hectorTarget } from '../targets/hector.js';

export const growth: Measurement = {
  name: 'growth',
  budgetSeconds: { full: 35, quick: 0 },
  rows: [
    {
      name: 'growth-tasks',
      question: 'What does a blocking SendMessage cost when many tasks are stored already?',
      method:
        'The same closed loop of 32 connections again and again on one server, each round behind those of the rounds before it (--rounds); how many were stored before stands in the target’s name. CPU time of Hector and its Redis. For a million tasks see `stored`.',
      unit: 'CPU µs',
      better: 'lower',
    },
    {
      name: 'growth-session',
      question: 'What does a message cost late in a long session?',
      method:
        'One session of an agent without a context strategy, whose model reads all of it, and one with `buffer_window` (the last 20 messages); one message after the other, blocking, offline model; CPU time of Hector and its Redis over the messages around that place (--messages).',
      unit: 'CPU µs',
      better: 'lower',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const server = await hectorTarget({ agents: AGENTS }).start();
  try {
    const lines = [...(await growTasks(run, server))];
    for (const strategy of STRATEGIES) lines.push(...(await growSession(run, server, strategy)));
    return lines;
  } finally {
    await server.close();
  }
}

type Server = Awaited<ReturnType<ReturnType<typeof hectorTarget>['start']>>;

async function growTasks(run: Run, { url, pids }: Server): Promise<readonly Line[]> {
  const rounds = Number(run.options['rounds'] ?? 4);
  const lines: Line[] = [];
  let stored = 0;
  for (let round = 0; round < rounds; round++) {
    const arrivals = { type: 'concurrency', connections: 32 } as const;
    const figures = await runLoad({
      url,
      kind: { type: 'send' },
      arrivals,
      pids,
      warmUpSeconds: round === 0 ? run.warmUpSeconds : 0,
      seconds: run.seconds * 2,
    });
    lines.push({
      row: 'growth-tasks',
      target: `round ${round + 1}`,
      repeats: [(figures.cpuMs * 1_000) / figures.requests],
      comparedWith: round === 0 ? undefined : 'round 1',
      also: { 'stored before, about': stored },
    });
    stored += figures.requests;
  }
  return lines;
}

async function growSession(run: Run, { url, pids }: Server, strategy: string): Promise<readonly Line[]> {
  const messages = Number(run.options['messages'] ?? (run.isQuick ? 100 : 1_000));
  const window = Math.max(20, messages / 10);
  const contextId = crypto.randomUUID();
  const lines: Line[] = [];
  let beforeMs = await cpuMsOf(pids);
  for (let message = 1; message <= messages; message++) {
    await send(new URL(strategy, url).href, contextId);
    if (message % window !== 0) continue;
    const nowMs = await cpuMsOf(pids);
    const [target, first] = [
      `${strategy}, messages ${message - window + 1} to ${message}`,
      `${strategy}, messages ${window + 1} to ${2 * window}`,
    ];
    // The first window warms up.
    if (message === 2 * window || message === messages || message === messages / 2)
      lines.push({
        row: 'growth-session',
        target,
        repeats: [((nowMs - beforeMs) * 1_000) / window],
        comparedWith: target === first ? undefined : first,
      });
    beforeMs = nowMs;
  }
  return lines;
}

async function send(url: string, contextId: string): Promise<void> {
  const message = { messageId: crypto.randomUUID(), contextId, role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }),
  });
  const text = await response.text();
  if (!text.includes('TASK_STATE_COMPLETED')) throw new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`);
}

const STRATEGIES = ['none', 'buffer_window'] as const;
const AGENTS = `agents:
  assistant: { llm: default, instruction: Answer briefly. }
  none: { llm: default, instruction: Answer briefly. }
  buffer_window: { llm: default, instruction: Answer briefly., context: { strategy: buffer_window, window_size: 20 } }
`;
