/** Many open streams on one front. */
import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import type { StreamLoadFigures, StreamLoadOptions } from '../load/stream-load.js';
import { freePort, startProgram, stopProgram } from '../targets/target.js';

const TASKS = 20;

export const streams: Measurement = {
  name: 'streams',
  budgetSeconds: { full: 60, quick: 12 },
  rows: [
    {
      name: 'open-streams',
      question: 'How many events per second does one front deliver to many open streams, and how soon?',
      method: `A front and a worker; ${TASKS} runs of an agent in code commit an event each at a fixed rate (--ticks a second), and 10,000 streams (--streams; quick: 500) are subscribed to them, opened by one generator in a process of its own, which only looks for marks in the bytes. Latency is from the agent's word until the bytes are read by the generator, the commit included, of a sample; resolution 1 ms. The second line has 1 % of readers that read nothing. CPU time and memory are of the front alone. What is offered is streams × ticks: less delivered means that somebody cannot keep up, the generator included.`,
      unit: 'events/s',
      better: 'higher',
      unitOfWork: 'event',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const wanted = readCount(run, 'streams', run.isQuick ? 500 : 10_000);
  const perSecond = readCount(run, 'ticks', run.isQuick ? 4 : 8);
  const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-streams-'));
  const port = await freePort();
  const entry = fileURLToPath(new URL('../targets/ticking-agent.js', import.meta.url));
  const children: ChildProcess[] = [];
  try {
    children.push(await startProgram([entry, String(port), 'agent,keeper', String(perSecond)], { cwd: directory }));
    const readyUrl = `http://127.0.0.1:${port}/health/ready`;
    const front = await startProgram([entry, String(port), 'front', String(perSecond)], { cwd: directory, readyUrl });
    children.push(front);
    const url = `http://127.0.0.1:${port}/agents/ticking`;
    const taskIds = await Promise.all(Array.from({ length: TASKS }, () => begin(url)));
    const { seconds, warmUpSeconds } = run;
    const load = { url, taskIds, streams: wanted, warmUpSeconds, seconds, pids: [front.pid as number] };
    const name = `${wanted.toLocaleString('en')} streams`;
    return [
      await measureStreams(run, name, { ...load, slowStreams: 0 }, wanted * perSecond),
      {
        ...(await measureStreams(run, `${name}, 1 % slow`, { ...load, slowStreams: Math.ceil(wanted / 100) }, wanted * perSecond)),
        comparedWith: name,
      },
    ];
  } finally {
    await Promise.all(children.map(stopProgram));
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureStreams(run: Run, target: string, options: StreamLoadOptions, offered: number): Promise<Line> {
  const entry = fileURLToPath(new URL('../load/stream-load-process.js', import.meta.url));
  const all: StreamLoadFigures[] = [];
  for (let repeat = 0; repeat < run.repeats; repeat++) {
    const { stdout } = await promisify(execFile)(process.execPath, [entry, JSON.stringify(options)], {
      timeout: (options.seconds + 120) * 1_000,
    });
    const figures = JSON.parse(stdout) as StreamLoadFigures;
    if (figures.lost > 0 || figures.opened < options.streams)
      throw new Error(`${figures.opened} of ${options.streams} streams were opened, ${figures.lost} were lost`);
    all.push(figures);
  }
  const [first] = all as [StreamLoadFigures, ...StreamLoadFigures[]];
  return {
    row: 'open-streams',
    target,
    repeats: all.map(({ eventsPerSecond }) => eventsPerSecond),
    latency: first.latency,
    cpuUs: first.cpuUsPerEvent,
    residentMiB: Math.max(...all.map(({ residentMiB }) => residentMiB)),
    also: { 'offered/s': offered },
  };
}

/** @returns the id of a run that goes on. */
async function begin(url: string): Promise<string> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Go' }] };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message, configuration: { returnImmediately: true } } }),
  });
  const body = (await response.json()) as { readonly result?: { readonly task: { readonly id: string } } };
  if (body.result === undefined) throw new Error(`HTTP ${response.status}: ${JSON.stringify(body).slice(0, 200)}`);
  return body.result.task.id;
}
