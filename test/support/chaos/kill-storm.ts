/** Kills processes of a cluster at random times and, by fault points, at random places; whatever ends is started again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.js';
import type { Cluster, Place } from './cluster.js';
import type { Disturbance } from './disturbances.js';

export interface KillStormOptions {
  readonly random: Random;
  readonly kills: number;
  /** Between two of them, on average, milliseconds. */
  readonly everyMs: number;
  /** Called right after a process has died. */
  readonly onKill: (pid: number, at: number) => void;
}

export interface KillStorm {
  /** For `startCluster`. */
  readonly environmentNow: () => Readonly<Record<string, string>>;
  readonly onEnd: (place: Place, pid: number) => void;
  readonly done: readonly Disturbance[];
  /** Deaths at a fault point among them. */
  readonly atPoints: () => number;
  /** Kills until there were enough; resolves when all is well again. */
  run(cluster: Cluster, signal: AbortSignal): Promise<void>;
}

export function createKillStorm({ random, kills, everyMs, onKill }: KillStormOptions): KillStorm {
  const done: Disturbance[] = [];
  const healing = new Set<Promise<void>>();
  const starting = new Set<Place>();
  const struck = new Set<number>();
  let raging: { readonly cluster: Cluster; readonly signal: AbortSignal } | undefined;
  let atPoints = 0;

  const heal = async (place: Place, entry: Disturbance): Promise<void> => {
    starting.add(place);
    try {
      // A process may come to a place to die before it is ready: then that death has begun a start of its own.
      await raging?.cluster.start(place).catch((error: unknown) => {
        if (place.pid !== 0 || starting.has(place)) return;
        throw error;
      });
    } finally {
      starting.delete(place);
      entry.untilMs = Date.now() - entry.at;
    }
  };

  return {
    done,
    atPoints: () => atPoints,
    environmentNow(): Readonly<Record<string, string>> {
      if (raging === undefined || done.length >= kills || !random.chance(0.4)) return {};
      return { HECTOR_FAULT_POINTS: `${random.pick(POINTS)}=kill@${1 + random.below(5)}` };
    },
    onEnd(place, pid) {
      const at = Date.now();
      if (raging === undefined) return;
      if (!struck.has(pid)) atPoints += 1;
      const entry: Disturbance = { type: 'kill', place: place.name, pid, at, untilMs: 0 };
      done.push(entry);
      onKill(pid, at);
      const healed = heal(place, entry);
      healing.add(healed);
      void healed.finally(() => healing.delete(healed));
    },
    async run(cluster, signal) {
      raging = { cluster, signal };
      while (done.length < kills && !signal.aborted) {
        await sleep(random.below(2 * everyMs), undefined, { signal }).catch(() => undefined);
        const well = cluster.places.filter((place) => !starting.has(place) && place.pid !== 0);
        // One is left to work, as in any cluster that is meant to.
        if (well.length < 2 || done.length >= kills || signal.aborted) continue;
        const place = random.pick(well);
        struck.add(place.pid);
        await cluster.end(place, 'SIGKILL');
      }
      while (healing.size > 0) await Promise.all(healing);
    },
  };
}

/** Around what a run does to the world and to its log. */
const POINTS = [
  ...['tool.before-intent', 'tool.after-intent', 'tool.after-call', 'tool.after-result'],
  ...['step.before-commit', 'step.after-commit', 'take.before', 'take.after', 'ledger.before-record', 'ledger.after-record'],
];
