import { systemClock } from '../../src/base/clock.js';
import { callExchange, getExchange, messageExchange } from '../../src/cli/load/a2a-exchange.js';
import type { Exchange } from '../../src/cli/load/exchange.js';
import { runLoad } from '../../src/cli/load/run-load.js';
import { cpuMsOf } from '../frame/process-usage.js';
import type { LoadFigures, LoadOptions } from './load-options.js';

/** Makes the load in this process: for what is counted in the target's CPU time alone, or in a process of its own (`load-process.ts`). */
export async function loadHere(options: LoadOptions): Promise<LoadFigures> {
  let before = Promise.resolve(Number.NaN);
  const { signal } = new AbortController();
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
      signal,
      clock: systemClock,
      onMeasuring: () => {
        before = cpuMsOf(options.pids);
      },
    },
  );
  return { ...report, cpuMs: (await cpuMsOf(options.pids)) - (await before) };
}

function makeExchange({ url: text, kind, ...options }: LoadOptions): Exchange {
  const url = new URL(text);
  if (kind.type === 'get') return getExchange(url);
  if (kind.type === 'call') return callExchange(url, kind.method, kind.params);
  return messageExchange({ url, version: '1.0', mode: kind.type, text: options.text ?? 'Hello' });
}

const TIMEOUT_MS = 20_000;
