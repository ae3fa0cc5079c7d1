/** Opens many streams of a few tasks and counts what comes, in a process of its own. Argument: `StreamLoadOptions`. Prints `StreamLoadFigures`. */
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Latencies } from '../../src/cli/load/latencies.js';
import { cpuMsOf, residentMiBOf } from '../frame/process-usage.js';
import type { StreamLoadFigures, StreamLoadOptions, StreamPhase, StreamPhaseFigures } from './stream-load.js';

/** So many are opened at once: a burst of all of them would be refused by the listening socket's queue. */
const BATCH = 100;
const MARK = Buffer.from('"artifactUpdate"');
const TIME = Buffer.from('"text":"at ');
/** Of so many pieces, one is timed. */
const SAMPLE = 7;
const AFTER_MS = 700;
const PIECE_BYTES = 64 * 1024;
const options = JSON.parse(process.argv[2] ?? '') as StreamLoadOptions;
const { hostname, port, pathname } = new URL(options.url);
/** One for all sockets: what is read is looked at before the next one reads. */
const buffer = Buffer.alloc(PIECE_BYTES);
const sockets: Socket[] = [];
let latencies = new Latencies();
let events = 0;
let pieces = 0;
let lost = 0;
let isCounting = false;
let isOver = false;

const openingMs = performance.now();
for (let at = 0; at < options.streams; at += BATCH)
  await Promise.all(Array.from({ length: Math.min(BATCH, options.streams - at) }, (_, index) => open(at + index)));
const openingSeconds = (performance.now() - openingMs) / 1_000;
const phases: StreamPhaseFigures[] = [];
for (const phase of options.phases) phases.push(...(await run(phase)));
const figures: StreamLoadFigures = { opened: sockets.length, openingSeconds, lost, phases };
isOver = true;
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));

async function run(phase: StreamPhase): Promise<StreamPhaseFigures[]> {
  writeFileSync(options.paceFile, String(phase.ticks));
  await sleep(options.warmUpSeconds * 1_000);
  const found: StreamPhaseFigures[] = [];
  for (let repeat = 0; repeat < options.repeats; repeat++) found.push(await measure(phase));
  writeFileSync(options.paceFile, '0');
  // What was offered and is still under way belongs to this phase.
  await sleep(AFTER_MS);
  return found;
}

async function measure(phase: StreamPhase): Promise<StreamPhaseFigures> {
  events = 0;
  latencies = new Latencies();
  const cpuBeforeMs = await cpuMsOf(options.pids);
  const ownBefore = process.cpuUsage();
  isCounting = true;
  const startMs = performance.now();
  await sleep(options.seconds * 1_000);
  isCounting = false;
  const seconds = (performance.now() - startMs) / 1_000;
  const own = process.cpuUsage(ownBefore);
  const cpuMs = (await cpuMsOf(options.pids)) - cpuBeforeMs;
  return {
    ...phase,
    eventsPerSecond: events / seconds,
    latency: latencies.read(),
    cpuUsPerEvent: (cpuMs * 1_000) / events,
    residentMiB: await residentMiBOf(options.pids),
    generatorBusy: (own.user + own.system) / 1_000_000 / seconds,
  };
}

/** Resolves with the first bytes of the answer. It speaks HTTP by hand: a parser for each stream would cost more than what is measured. */
function open(index: number): Promise<void> {
  const isSlow = index < options.slowStreams;
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: index,
    method: 'SubscribeToTask',
    params: { id: options.taskIds[index % options.taskIds.length] },
  });
  return new Promise((resolve, reject) => {
    let isOpen = false;
    const begin = (bytes: number): boolean => {
      isOpen = true;
      const head = buffer.toString('latin1', 0, bytes);
      if (!head.startsWith('HTTP/1.1 200')) reject(new Error(`stream ${index} was answered: ${head.slice(0, 300)}`));
      resolve();
      return !isSlow;
    };
    const socket = connect({
      host: hostname,
      port: Number(port),
      onread: {
        buffer,
        callback: (bytes) => {
          if (!isOpen) return begin(bytes);
          if (isCounting) count(bytes);
          return true;
        },
      },
    });
    sockets.push(socket);
    socket.once('error', reject);
    socket.once('close', () => {
      if (!isOver && !isSlow) lost += 1;
    });
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\naccept: text/event-stream\r\na2a-version: 1.0\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
}

/** Looks at bytes instead of parsing. An event whose mark is cut by a piece's end is missed. */
function count(bytes: number): void {
  const piece = buffer.subarray(0, bytes);
  let found = 0;
  for (let at = piece.indexOf(MARK); at !== -1; at = piece.indexOf(MARK, at + MARK.length)) found += 1;
  events += found;
  if (found === 0 || pieces++ % SAMPLE !== 0) return;
  const at = piece.lastIndexOf(TIME);
  const saidMs = at === -1 ? Number.NaN : Number(piece.toString('latin1', at + TIME.length, at + TIME.length + 13));
  if (!Number.isNaN(saidMs)) latencies.record(Date.now() - saidMs);
}
