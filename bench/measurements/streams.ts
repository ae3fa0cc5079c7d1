/** Many open streams on one front. */
import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import type { StreamLoadFigures, StreamLoadOptions, StreamPhaseFigures } from '../load/stream-load.js';
import { freePort, startProgram, stopProgram } from '../targets/target.js';

const TASKS = 20;
const METHOD = `A front and a worker; ${TASKS} runs of an agent in code commit an event each at a fixed rate, and 10,000 streams (--streams; quick: 500) are subscribed to them, opened before by one generator in a process of its own, which only looks for marks in the bytes. The second line has 1 % of readers that read nothing. CPU time and memory are of the front alone.`;

export const streams: Measurement = {
  name: 'streams',
  budgetSeconds: { full: 60, quick: 15 },
  rows: [
    {
      name: 'open-streams',
      question: 'How many events per second does one front deliver to many open streams?',
      method: `${METHOD} More is offered than it can deliver (--offered, events per second to all streams together); the generator, the worker and Redis have the same cores.`,
      unit: 'events/s',
      better: 'higher',
      unitOfWork: 'event',
    },
    {
      name: 'open-streams-wait',
      question: 'How long until an event has reached many open streams?',
      method: `${METHOD} 20,000 events per second to all streams together (--steady). From the agent’s word until the bytes are read by the generator, the commit included, of a sample; resolution 1 ms.`,
      unit: 'ms p99',
      better: 'lower',
      unitOfWork: 'event',
    },
  ],
  measure,
};

interface Load {
  readonly streams: number;
  readonly ticksSteady: number;
  readonly ticksOffered: number;
}

async function measure(run: Run): Promise<readonly Line[]> {
  const streams = readCount(run, 'streams', run.isQuick ? 500 : 10_000);
  const ticksOf = (name: string, perSecond: number) => readCount(run, name, perSecond) / streams;
  const load: Load = {
    streams,
    ticksSteady: ticksOf('steady', run.isQuick ? 2_000 : 20_000),
    ticksOffered: ticksOf('offered', run.isQuick ? 10_000 : 120_000),
  };
  const name = `${streams.toLocaleString('en')} streams`;
  const without = await measureStreams(run, load, 0);
  const slow = await measureStreams(run, load, Math.ceil(streams / 100));
  return [...linesOf(without, load, name), ...linesOf(slow, load, `${name}, 1 % slow`).map((line) => ({ ...line, comparedWith: name }))];
}

/** Processes and runs of its own: what was said to streams before would be read by later ones when they open. */
async function measureStreams(run: Run, { streams, ticksSteady, ticksOffered }: Load, slowStreams: number): Promise<StreamLoadFigures> {
  const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-streams-'));
  const paceFile = path.join(directory, 'pace');
  await writeFile(paceFile, '0');
  const port = await freePort();
  const entry = fileURLToPath(new URL('../targets/ticking-agent.js', import.meta.url));
  const children: ChildProcess[] = [];
  try {
    children.push(await startProgram([entry, String(port), 'agent,keeper'], { cwd: directory }));
    const readyUrl = `http://127.0.0.1:${port}/health/ready`;
    const front = await startProgram([entry, String(port), 'front'], { cwd: directory, readyUrl });
    children.push(front);
    const url = `http://127.0.0.1:${port}/agents/ticking`;
    const taskIds = await Promise.all(Array.from({ length: TASKS }, () => begin(url)));
    const { seconds, warmUpSeconds, repeats } = run;
    const options: StreamLoadOptions = {
      ...{ url, taskIds, streams, slowStreams, paceFile, warmUpSeconds, seconds, repeats, pids: [front.pid as number] },
      // The steady ones first: what a phase leaves unread is the next one's wait.
      phases: [{ ticks: ticksSteady }, { ticks: ticksOffered }],
    };
    const load = fileURLToPath(new URL('../load/stream-load-process.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [load, JSON.stringify(options)], {
      timeout: (options.phases.length * (repeats * seconds + warmUpSeconds + 1) + MAX_OPENING_SECONDS) * 1_000,
    });
    const figures = JSON.parse(stdout) as StreamLoadFigures;
    if (figures.lost > 0 || figures.opened < streams)
      throw new Error(`${figures.opened} of ${streams} streams were opened, ${figures.lost} were lost`);
    return figures;
  } finally {
    await Promise.all(children.map(stopProgram));
    await rm(directory, { recursive: true, force: true });
  }
}

function linesOf({ phases, openingSeconds }: StreamLoadFigures, { streams, ticksSteady, ticksOffered }: Load, target: string): Line[] {
  const lineOf = (row: string, ticks: number, figureOf: (phase: StreamPhaseFigures) => number): Line => {
    const all = phases.filter((phase) => phase.ticks === ticks);
    const median = all.toSorted((a, b) => figureOf(a) - figureOf(b))[all.length >> 1] as StreamPhaseFigures;
    return {
      row,
      target,
      repeats: all.map(figureOf),
      latency: median.latency,
      cpuUs: median.cpuUsPerEvent,
      residentMiB: Math.max(...all.map(({ residentMiB }) => residentMiB)),
      also: {
        'offered/s': ticks * streams,
        'delivered/s': Math.round(median.eventsPerSecond),
        'opened in s': Math.round(openingSeconds * 10) / 10,
        'generator busy': `${Math.round(median.generatorBusy * 100)} %`,
      },
    };
  };
  return [
    lineOf('open-streams', ticksOffered, ({ eventsPerSecond }) => eventsPerSecond),
    lineOf('open-streams-wait', ticksSteady, ({ latency }) => latency.p99Ms),
  ];
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

const MAX_OPENING_SECONDS = 60;
