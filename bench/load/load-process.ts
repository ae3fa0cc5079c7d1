/** The load generator: a process of its own, so that it shares no event loop with what it measures. Argument: `LoadOptions`. Prints `LoadFigures`. */
import { systemClock } from '../../src/base/clock.js';
import { callExchange, getExchange, messageExchange } from '../../src/cli/load/a2a-exchange.js';
import type { Exchange } from '../../src/cli/load/exchange.js';
import { runLoad } from '../../src/cli/load/run-load.js';
import { cpuMsOf } from '../frame/process-usage.js';
import type { LoadOptions } from './load-options.js';

const TIMEOUT_MS = 20_000;
const options = JSON.parse(process.argv[2] ?? '') as LoadOptions;
let before = Promise.resolve(Number.NaN);
const report = await runLoad(
  {
    origin: new URL(options.url).origin,
    exchange: makeExchange(options),
    arrivals: options.arrivals,
    warmUpMs: options.warmUpSeconds * 1_000,
    durationMs: options.seconds * 1_000,
    timeoutMs: TIMEOUT_MS,
  },
  {
    signal: new AbortController().signal,
    clock: systemClock,
    onMeasuring: () => {
      before = cpuMsOf(options.pids);
    },
  },
);
const cpuMs = (await cpuMsOf(options.pids)) - (await before);
process.stdout.write(`${JSON.stringify({ ...report, cpuMs })}\n`);

function makeExchange({ url: text, kind, ...options }: LoadOptions): Exchange {
  const url = new URL(text);
  if (kind.type === 'get') return getExchange(url);
  if (kind.type === 'call') return callExchange(url, kind.method, kind.params);
  return messageExchange({ url, version: '1.0', mode: kind.type, text: options.text ?? 'Hello' });
}
