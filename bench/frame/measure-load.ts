/** The same load on several targets, which take turns. */

import type { Arrivals } from '../../src/cli/load/schedule.js';
import type { LoadFigures, LoadKind } from '../load/load-options.js';
import { runLoad } from '../load/run-load.js';
import type { RunningTarget } from '../targets/target.js';
import type { Line, Run } from './measurement.js';
import { residentMiBOf } from './process-usage.js';
import { medianBy } from './statistics.js';

export interface Started {
  readonly name: string;
  readonly server: RunningTarget;
  /** Name of another one. */
  readonly comparedWith?: string | undefined;
}

export interface LoadRow {
  readonly row: string;
  readonly kindFor: (target: Started) => LoadKind | Promise<LoadKind>;
  readonly arrivals: Arrivals;
  readonly figure: (figures: LoadFigures) => number;
  /** Which latencies stand beside it. Default: those of the whole answer, of open loops alone. */
  readonly latency?: (figures: LoadFigures) => LoadFigures['latency'] | undefined;
}

/** Targets alternate within a repeat, forwards and backwards, so that a noisy minute of the machine hits all of them. */
export async function measureLoad(run: Run, targets: readonly Started[], load: LoadRow): Promise<readonly Line[]> {
  const all = new Map<Started, LoadFigures[]>(targets.map((target) => [target, []]));
  for (let repeat = 0; repeat < run.repeats; repeat++)
    for (const target of repeat % 2 === 0 ? targets : [...targets].reverse()) {
      const kind = await load.kindFor(target);
      const { url, cardUrl, pids } = target.server;
      const { warmUpSeconds, seconds } = run;
      const options = { kind, arrivals: load.arrivals, pids, seconds, warmUpSeconds: repeat === 0 ? warmUpSeconds : warmUpSeconds / 2 };
      all.get(target)?.push(await runLoad({ ...options, url: kind.type === 'get' ? cardUrl : url }));
    }
  return Promise.all(
    [...all].map(async ([{ name, server, comparedWith }, figures]) => {
      const middle = medianBy(figures, load.figure);
      const latency = load.latency === undefined ? openLoopLatency(middle, load.arrivals) : load.latency(middle);
      return {
        row: load.row,
        target: name,
        repeats: figures.map(load.figure),
        comparedWith: comparedWith === name ? undefined : comparedWith,
        latency,
        cpuUs: (middle.cpuMs * 1_000) / middle.requests,
        residentMiB: await residentMiBOf(server.pids),
        also: middle.generator.busy > 0.9 ? { 'generator busy': `${Math.round(middle.generator.busy * 100)} %` } : undefined,
      };
    }),
  );
}

/** Of a closed loop they would be those of a server that is never waited for. */
function openLoopLatency({ latency }: LoadFigures, arrivals: Arrivals): LoadFigures['latency'] | undefined {
  return arrivals.type === 'rate' ? latency : undefined;
}
