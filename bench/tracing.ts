/**
 * `npm run bench -- tracing [--seconds 5] [--repeats 5] [--baseline <main.js>]`: what traces cost, of none, of a tenth and of all requests, in
 * one run (method in README.md).
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runLoad } from './load/run-load.js';
import { medianBy } from './statistics.js';
import { hectorTarget } from './targets/hector.js';
import { freePort, type RunningTarget, startProgram, stopProgram } from './targets/target.js';

interface Figures {
  readonly perSecond: number;
  readonly cpuUs: number;
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, repeats: { type: 'string', default: '5' }, baseline: { type: 'string' } },
});
const port = await freePort();
const collector = await startProgram([fileURLToPath(new URL('./targets/span-sink.js', import.meta.url)), String(port)], {
  readyUrl: `http://127.0.0.1:${port}/`,
});
const tracing = (rate: number) =>
  `observability: { tracing: { enabled: true, endpoint: "http://127.0.0.1:${port}/v1/traces", sampling_rate: ${rate} } }\n`;
const modes = [
  ...(values.baseline === undefined ? [] : [{ name: 'baseline', extra: '', main: values.baseline }]),
  { name: 'off', extra: '', main: undefined },
  { name: '10 %', extra: tracing(0.1), main: undefined },
  { name: '100 %', extra: tracing(1), main: undefined },
];
const running: { readonly name: string; readonly target: RunningTarget; readonly runs: Figures[] }[] = [];
try {
  for (const { name, extra, main } of modes)
    running.push({ name, target: await hectorTarget('uws', { extra, ...(main === undefined ? {} : { main }) }).start(), runs: [] });
  for (let repeat = 0; repeat < Number(values.repeats); repeat++)
    for (const { target, runs } of repeat % 2 === 0 ? running : [...running].reverse())
      runs.push(await measure(target, repeat === 0 ? 3 : 1));
  report();
} finally {
  await Promise.all(running.map(({ target }) => target.close()));
  await stopProgram(collector);
}

async function measure(target: RunningTarget, warmUpSeconds: number): Promise<Figures> {
  const load = { kind: 'send', connections: 32, text: 'Hello', url: target.url } as const;
  await runLoad({ ...load, warmUpSeconds: 0, seconds: warmUpSeconds });
  const before = await cpuMs(target.pid);
  const { perSecond, requests, errors } = await runLoad({ ...load, warmUpSeconds: 0, seconds: Number(values.seconds) });
  if (errors > 0) throw new Error(`${errors} errors`);
  return { perSecond, cpuUs: (((await cpuMs(target.pid)) - before) * 1_000) / requests };
}

function report(): void {
  const median = (runs: readonly Figures[], key: keyof Figures) => medianBy(runs, (figures) => figures[key])[key];
  const first = running[0]?.runs ?? [];
  console.log(`tracing: what do traces cost? (blocking SendMessage over 32 connections, median of ${values.repeats})`);
  for (const { name, runs } of running) {
    const [perSecond, cpuUs] = [median(runs, 'perSecond'), median(runs, 'cpuUs')];
    const throughput = (perSecond / median(first, 'perSecond')).toFixed(3);
    const cpu = (cpuUs / median(first, 'cpuUs')).toFixed(3);
    console.log(
      `  ${name.padStart(8)}  ${perSecond.toFixed(0).padStart(6)}/s (${throughput})  CPU ${cpuUs.toFixed(0).padStart(5)} µs per request (${cpu})`,
    );
  }
}

/** Of a process since it began; NaN where there is no /proc. A hundredth of a second is the smallest unit. */
async function cpuMs(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}
