/** What one streamed chunk costs Hector in a task of 20, of 200 and of 2,000 of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Line, Measurement, Run } from '../frame/measurement.js';
import { cpuMsOf, residentMiBOf } from '../frame/process-usage.js';
import { median } from '../frame/statistics.js';
import { chunkText } from '../load/chunk-text.js';
import { startModelPeer } from '../load/model-peer.js';
import { freePort, startProgram, stopProgram } from '../targets/target.js';

const AGENTS = {
  custom: 'an agent in code that yields text',
  committed: 'an agent in code that commits each chunk',
  model: 'an agent with a language model',
} as const;
const SIZES = [20, 200, 2_000] as const;

interface Cost {
  /** What the server computed, and how long the client waited, microseconds per chunk. */
  readonly cpuUs: number;
  readonly wallUs: number;
  /** Events that brought text, per chunk: less than one where chunks came together. */
  readonly events: number;
}

export const chunks: Measurement = {
  name: 'chunks',
  budgetSeconds: { full: 110, quick: 14 },
  rows: Object.entries(AGENTS).map(([agent, what]) => ({
    name: `chunk-${agent}`,
    question: `What does one streamed chunk cost with ${what}, in tasks of 20, 200 and 2,000 of them?`,
    method:
      'One client at a time. Each figure is over the same number of chunks, 2,000, in tasks of 20, 200 or 2,000; sizes alternate, every text is checked, a round of each size warms up. The figure is the server’s CPU time, Redis left out: waiting depends on what else the machine does. Previews that come faster than they can be shown share an event.',
    unit: 'CPU µs',
    better: 'lower' as const,
  })),
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  // A quick one has no tasks of 2,000.
  const sizes = run.isQuick ? SIZES.slice(0, 2) : SIZES;
  const total = sizes.at(-1) as number;
  const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-chunks-'));
  const peer = await startModelPeer();
  const port = await freePort();
  const entry = fileURLToPath(new URL('../targets/chunk-agents.js', import.meta.url));
  const server = await startProgram([entry, peer.url, String(port)], { cwd: directory, readyUrl: `http://127.0.0.1:${port}/health/ready` });
  const pids = [server.pid as number];
  const measureOnce = async (agent: string, size: number): Promise<Cost> => {
    const cpuBefore = await cpuMsOf(pids);
    const startedAt = performance.now();
    let events = 0;
    for (let done = 0; done < total; done += size) events += await streamTask(port, agent, size);
    const wallMs = performance.now() - startedAt;
    return { cpuUs: (((await cpuMsOf(pids)) - cpuBefore) * 1_000) / total, wallUs: (wallMs * 1_000) / total, events: events / total };
  };
  try {
    const lines: Line[] = [];
    for (const agent of Object.keys(AGENTS)) {
      if (!(run.options['agents'] ?? agent).split(',').includes(agent)) continue;
      const costs = new Map<number, Cost[]>(sizes.map((size) => [size, []]));
      for (const size of sizes) await measureOnce(agent, size);
      for (let repeat = 0; repeat < run.repeats; repeat++) for (const size of sizes) costs.get(size)?.push(await measureOnce(agent, size));
      const cpuUs = (size: number) => median((costs.get(size) ?? []).map((cost) => cost.cpuUs));
      for (const [index, size] of sizes.entries()) {
        const all = costs.get(size) ?? [];
        const before = sizes[index - 1];
        lines.push({
          row: `chunk-${agent}`,
          target: `${size} chunks`,
          repeats: all.map((cost) => cost.cpuUs),
          comparedWith: index === 0 ? undefined : `${SIZES[0]} chunks`,
          residentMiB: await residentMiBOf(pids),
          also: {
            'µs until the client has it': median(all.map(({ wallUs }) => wallUs)),
            'events per chunk': median(all.map(({ events }) => events)),
            // What a task costs by itself is left out here: it would hide what grows with the number of chunks.
            ...(before === undefined ? {} : { 'one chunk more': (cpuUs(size) * size - cpuUs(before) * before) / (size - before) }),
          },
        });
      }
    }
    return lines;
  } finally {
    await stopProgram(server);
    peer.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** One task to its end; its text must be whole. @returns events that brought text. */
async function streamTask(port: number, agent: string, size: number): Promise<number> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: String(size) }] };
  const response = await fetch(`http://127.0.0.1:${port}/agents/${agent}/message:stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/a2a+json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message }),
  });
  let text = '';
  let state = '';
  let events = 0;
  for (const line of (await response.text()).split('\n')) {
    if (!line.startsWith('data: ')) continue;
    const { artifactUpdate: update, statusUpdate } = JSON.parse(line.slice(6));
    state = statusUpdate?.status.state ?? state;
    if (update === undefined) continue;
    const added = update.artifact.parts.map((part: { readonly text?: string }) => part.text ?? '').join('');
    if (added !== '') events += 1;
    text = (update.append === true ? text : '') + added;
  }
  const whole = Array.from({ length: size }, (_, index) => chunkText(index)).join('');
  if (state !== 'TASK_STATE_COMPLETED' || text !== whole)
    throw new Error(`${agent}, ${size} chunks: ${state}, ${text.length} characters of ${whole.length}`);
  return events;
}
