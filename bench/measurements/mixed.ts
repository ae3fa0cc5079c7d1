/** Creations and reads at a fixed rate for a long time, in steps that take a second. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import { findPidsWith, residentMiBOf } from '../frame/process-usage.js';
import type { LoadFigures } from '../load/load-options.js';
import { runLoad } from '../load/run-load.js';
import { freePort, startProgram, stopProgram } from '../targets/target.js';

export const mixed: Measurement = {
  name: 'mixed',
  budgetSeconds: { full: 0, quick: 7 },
  rows: [
    {
      name: 'mixed',
      question: 'How long do creations and reads take while 500 runs of a second’s step begin and 500 are read every second?',
      method:
        'Open loop for five minutes (--minutes; quick: 20 per second for 4 s): SendMessage with returnImmediately to an agent in code whose step waits one second, and GetTask, each by a generator of its own; times run from the moment that a request should have been sent. One repeat. Memory is that of the server at the start and at the end. Whether runs end in time is shown by the tasks that are not over afterwards.',
      unit: 'ms p99',
      better: 'lower',
      unitOfWork: 'request',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const perSecond = readCount(run, 'rate', run.isQuick ? 20 : 500);
  const seconds = run.isQuick ? 4 : Number(run.options['minutes'] ?? 5) * 60;
  const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-mixed-'));
  const port = await freePort();
  const entry = fileURLToPath(new URL('../targets/waiting-agent.js', import.meta.url));
  const child = await startProgram([entry, String(port), directory], { cwd: directory, readyUrl: `http://127.0.0.1:${port}/health/ready` });
  try {
    const url = `http://127.0.0.1:${port}/agents/waiting`;
    const pids = [...new Set([child.pid as number, ...(await findPidsWith(directory))])];
    const begun = await create(url, 1);
    const arrivals = { type: 'rate', perSecond, maxInFlight: 4 * perSecond } as const;
    const shared = { url, arrivals, warmUpSeconds: run.warmUpSeconds, seconds };
    const startMiB = await residentMiBOf([child.pid as number]);
    const [creations, reads] = await Promise.all([
      runLoad({ ...shared, pids, kind: { type: 'begin' } }),
      runLoad({ ...shared, pids: [], kind: { type: 'call', method: 'GetTask', params: { id: begun } } }),
    ]);
    const endMiB = await residentMiBOf([child.pid as number]);
    const line = (target: string, { latency }: LoadFigures): Line => ({ row: 'mixed', target, repeats: [latency.p99Ms], latency });
    return [
      {
        ...line(`create, ${perSecond}/s`, creations),
        // Of both, and of the runs themselves.
        cpuUs: (creations.cpuMs * 1_000) / (creations.requests + reads.requests),
        residentMiB: endMiB,
        also: { 'MiB at the start': startMiB, 'answered/s': creations.perSecond },
      },
      { ...line(`read, ${perSecond}/s`, reads), also: { 'answered/s': reads.perSecond } },
    ];
  } finally {
    await stopProgram(child);
    await rm(directory, { recursive: true, force: true });
  }
}

async function create(url: string, count: number): Promise<string> {
  let id = '';
  for (let task = 0; task < count; task++) {
    const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'SendMessage',
        params: { message, configuration: { returnImmediately: true } },
      }),
    });
    const body = (await response.json()) as { readonly result: { readonly task: { readonly id: string } } };
    id = body.result.task.id;
  }
  return id;
}
