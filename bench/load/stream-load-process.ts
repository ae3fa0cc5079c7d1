/** Opens many streams of a few tasks and counts what comes, in a process of its own. Argument: `StreamLoadOptions`. Prints `StreamLoadFigures`. */
import { request as openRequest } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Latencies } from '../../src/cli/load/latencies.js';
import { cpuMsOf, residentMiBOf } from '../frame/process-usage.js';
import type { StreamLoadFigures, StreamLoadOptions } from './stream-load.js';

/** So many are opened at once: a burst of all of them would be refused by the listening socket's queue. */
const BATCH = 100;
const MARK = Buffer.from('"artifactUpdate"');
const TIME = Buffer.from('"text":"at ');
/** Of so many chunks, one is timed. */
const SAMPLE = 7;
const options = JSON.parse(process.argv[2] ?? '') as StreamLoadOptions;
const latencies = new Latencies();
const sockets: Socket[] = [];
let events = 0;
let chunks = 0;
let lost = 0;
let isCounting = false;
let isOver = false;

for (let at = 0; at < options.streams; at += BATCH)
  await Promise.all(Array.from({ length: Math.min(BATCH, options.streams - at) }, (_, index) => open(at + index)));
await sleep(options.warmUpSeconds * 1_000);
const cpuBeforeMs = await cpuMsOf(options.pids);
isCounting = true;
const startMs = performance.now();
await sleep(options.seconds * 1_000);
isCounting = false;
const seconds = (performance.now() - startMs) / 1_000;
const cpuMs = (await cpuMsOf(options.pids)) - cpuBeforeMs;
const figures: StreamLoadFigures = {
  opened: sockets.length,
  lost,
  eventsPerSecond: events / seconds,
  latency: latencies.read(),
  cpuUsPerEvent: (cpuMs * 1_000) / events,
  residentMiB: await residentMiBOf(options.pids),
};
isOver = true;
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));

/** Resolves with the first bytes of the answer. */
function open(index: number): Promise<void> {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'SubscribeToTask',
    params: { id: options.taskIds[index % options.taskIds.length] },
  });
  const isSlow = index < options.slowStreams;
  return new Promise((resolve, reject) => {
    const sent = openRequest(
      options.url,
      {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'a2a-version': '1.0', 'content-length': body.length },
      },
      (response) => {
        if (response.statusCode !== 200) return reject(new Error(`HTTP ${response.statusCode}`));
        sockets.push(response.socket);
        response.once('data', () => {
          resolve();
          if (isSlow) response.pause();
        });
        if (!isSlow) response.on('data', count);
        response.once('close', () => {
          if (!isOver && !isSlow) lost += 1;
        });
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Looks at bytes instead of parsing: this process must cost less than what it measures. An event whose mark is cut by a chunk's end is missed. */
function count(chunk: Buffer): void {
  if (!isCounting) return;
  let found = 0;
  for (let at = chunk.indexOf(MARK); at !== -1; at = chunk.indexOf(MARK, at + MARK.length)) found += 1;
  events += found;
  if (found === 0 || chunks++ % SAMPLE !== 0) return;
  const at = chunk.lastIndexOf(TIME);
  const saidMs = at === -1 ? Number.NaN : Number(chunk.subarray(at + TIME.length, at + TIME.length + 13));
  if (!Number.isNaN(saidMs)) latencies.record(Date.now() - saidMs);
}
