/** How long a run stands still when the process that had it is killed. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import { percentilesOf } from '../frame/statistics.js';
import { freePort, startProgram, stopProgram } from '../targets/target.js';

const STEP_MS = 100;

export const takeover: Measurement = {
  name: 'takeover',
  budgetSeconds: { full: 50, quick: 0 },
  rows: [
    {
      name: 'takeover',
      question: 'How long from SIGKILL of the process that has a run to the run’s next committed event, made by another process?',
      method: `A front and two workers on SQLite and one private Redis, in default settings; an agent in code that commits an event every ${STEP_MS} ms. The worker that has the run (it says its process id in each event) is killed at a random moment (--kills); what counts is when a stream of the run has the next event. The next worker starts from the beginning of the step, so its first events follow at once. A killed worker is replaced. No warm-up.`,
      unit: 'ms',
      better: 'lower',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-takeover-'));
  const port = await freePort();
  const entry = fileURLToPath(new URL('../targets/committing-agent.js', import.meta.url));
  const start = (roles: string, readyUrl?: string) =>
    startProgram([entry, String(port), roles, String(STEP_MS)], { cwd: directory, ...(readyUrl === undefined ? {} : { readyUrl }) });
  const workers = new Map<number, ChildProcess>();
  const addWorker = async () => {
    const child = await start('agent,keeper');
    workers.set(child.pid as number, child);
  };
  const all: ChildProcess[] = [];
  try {
    await addWorker();
    await addWorker();
    all.push(await start('front', `http://127.0.0.1:${port}/health/ready`));
    const events = followRun(`http://127.0.0.1:${port}/agents/counting`);
    const waits: number[] = [];
    const kills = readCount(run, 'kills', run.isQuick ? 2 : 10);
    for (let kill = 0; kill < kills; kill++) {
      await sleep(500 + Math.random() * 1_000);
      const pid = await events.latestPid();
      const killedMs = performance.now();
      workers.get(pid)?.kill('SIGKILL');
      workers.delete(pid);
      await events.untilOther(pid);
      waits.push(performance.now() - killedMs);
      await addWorker();
      // It is the one that is waited for next time, unless it has come up by then.
      await sleep(run.isQuick ? 1_000 : 2_000);
    }
    events.close();
    return [{ row: 'takeover', target: 'hector', repeats: waits, latency: percentilesOf(waits) }];
  } finally {
    await Promise.all([...all, ...workers.values()].map(stopProgram));
    await rm(directory, { recursive: true, force: true });
  }
}

/** Starts a run and reads its stream; each text is the id of the process that said it. */
function followRun(url: string) {
  const stop = new AbortController();
  let latest = 0;
  let failure: unknown;
  let onEvent = () => {};
  const read = async () => {
    const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Go' }] };
    const response = await fetch(`${url}/message:stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/a2a+json', 'a2a-version': '1.0' },
      body: JSON.stringify({ message }),
      signal: stop.signal,
    });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) {
        const said = /"text":"pid (\d+)/.exec(line);
        if (said !== null) latest = Number(said[1]);
        onEvent();
      }
    }
    throw new Error(`the stream ended: ${rest}`);
  };
  read().catch((error: unknown) => {
    if (!stop.signal.aborted) failure = error;
    onEvent();
  });
  const until = async (isThere: () => boolean): Promise<number> => {
    const endMs = performance.now() + LONGEST_MS;
    while (!isThere()) {
      if (failure !== undefined) throw failure;
      const waitMs = endMs - performance.now();
      if (waitMs <= 0) throw new Error(`no worker went on in ${LONGEST_MS} ms`);
      await Promise.race([new Promise<void>((resolve) => (onEvent = resolve)), sleep(waitMs)]);
    }
    return latest;
  };
  return {
    latestPid: () => until(() => latest !== 0),
    untilOther: (pid: number) => until(() => latest !== pid),
    close: () => stop.abort(),
  };
}

const LONGEST_MS = 30_000;
