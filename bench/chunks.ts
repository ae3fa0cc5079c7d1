/**
 * `npm run bench -- chunks [--repeats 5 --agents custom,committed,model]`: what one streamed chunk costs Hector in a task of 20, of 200 and of 2,000 of them. Each
 * figure is over the same number of chunks; sizes alternate within a repeat, and the median repeat counts.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chunkText } from './load/chunk-text.js';
import { startModelPeer } from './load/model-peer.js';
import { medianBy, round } from './statistics.js';
import { freePort, startProgram, stopProgram } from './targets/target.js';

const AGENTS = {
  custom: 'an agent in code that yields text',
  committed: 'an agent in code that commits each chunk',
  model: 'an agent with a language model',
} as const;
const SIZES = [20, 200, 2_000] as const;
const CHUNKS_PER_FIGURE = 2_000;
/** `sysconf(_SC_CLK_TCK)` is 100 wherever Node runs on Linux. */
const MS_PER_TICK = 10;

interface Cost {
  /** What the server computed, and how long the client waited, microseconds per chunk. */
  readonly cpuUs: number;
  readonly wallUs: number;
  /** Events that brought text, per chunk: less than one where chunks came together. */
  readonly events: number;
}

const { values } = parseArgs({
  options: { repeats: { type: 'string', default: '5' }, agents: { type: 'string', default: Object.keys(AGENTS).join(',') } },
});
const directory = await mkdtemp(path.join(tmpdir(), 'hector-bench-chunks-'));
const peer = await startModelPeer();
const port = await freePort();
const entry = fileURLToPath(new URL('./targets/chunk-agents.js', import.meta.url));
const server = await startProgram([entry, peer.url, String(port)], { cwd: directory, readyUrl: `http://127.0.0.1:${port}/health/ready` });
try {
  for (const [agent, what] of Object.entries(AGENTS)) {
    if (!values.agents.split(',').includes(agent)) continue;
    const costs = new Map<number, Cost[]>(SIZES.map((size) => [size, []]));
    for (const size of SIZES) await measure(agent, size, CHUNKS_PER_FIGURE);
    for (let repeat = 0; repeat < Number(values.repeats); repeat++)
      for (const size of SIZES) costs.get(size)?.push(await measure(agent, size, CHUNKS_PER_FIGURE));
    report(`${agent}: ${what}`, costs);
  }
} finally {
  await stopProgram(server);
  peer.close();
  await rm(directory, { recursive: true, force: true });
}

async function measure(agent: string, size: number, chunks: number): Promise<Cost> {
  const cpuBefore = await cpuMs();
  const startedAt = performance.now();
  let events = 0;
  for (let done = 0; done < chunks; done += size) events += await streamTask(agent, size);
  const wallMs = performance.now() - startedAt;
  return { cpuUs: (((await cpuMs()) - cpuBefore) * 1_000) / chunks, wallUs: (wallMs * 1_000) / chunks, events: events / chunks };
}

/** One task to its end; its text must be whole. @returns events that brought text. */
async function streamTask(agent: string, size: number): Promise<number> {
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

/** Of the server's process since it began; NaN where there is no /proc. */
async function cpuMs(): Promise<number> {
  const stat = await readFile(`/proc/${server.pid}/stat`, 'utf8').catch(() => '');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) * MS_PER_TICK;
}

function report(title: string, costs: ReadonlyMap<number, readonly Cost[]>): void {
  console.log(`\n${title}`);
  const median = (size: number, figure: keyof Cost) => medianBy(costs.get(size) ?? [], (cost) => cost[figure])[figure];
  for (const size of SIZES) {
    const ratio = (figure: keyof Cost) => `×${round(median(size, figure) / median(SIZES[0], figure))}`;
    console.log(
      `  ${String(size).padStart(5)} chunks: CPU ${median(size, 'cpuUs').toFixed(0)} µs per chunk (${ratio('cpuUs')}),`,
      `${median(size, 'wallUs').toFixed(0)} µs until the client has it (${ratio('wallUs')}), ${median(size, 'events').toFixed(2)} events`,
    );
  }
  // What a task costs by itself is left out here: it would hide what grows with the number of chunks.
  const more = (from: number, to: number) => (median(to, 'cpuUs') * to - median(from, 'cpuUs') * from) / (to - from);
  console.log(`  one chunk more: CPU ${more(20, 200).toFixed(0)} µs behind the 20th, ${more(200, 2_000).toFixed(0)} µs behind the 200th`);
}
