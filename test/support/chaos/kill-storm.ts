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
  readonly environmentNow: (place: Place) => Readonly<Record<string, string>>;
  readonly onEnd: (place: Place, pid: number, how: number | string) => void;
  readonly done: readonly Disturbance[];
  /** Ends that nobody meant. */
  readonly crashes: readonly string[];
  /** Deaths at a fault point among them. */
  readonly atPoints: () => number;
  /** Kills until there were enough; resolves when all is well again. */
  run(cluster: Cluster, signal: AbortSignal): Promise<void>;
}

export function createKillStorm({ random, kills, everyMs, onKill }: KillStormOptions): KillStorm {
  const done: Disturbance[] = [];
  const healing = new Set<Promise<void>>();
  const starting = new Map<Place, Disturbance>();
  const crashes: string[] = [];
  const struck = new Set<number>();
  /** Left alone until they have come to one of the first points. */
  const doomed = new Set<Place>();
  let raging: Cluster | undefined;
  let armed = 0;
  let atPoints = 0;

  const heal = async (place: Place, entry: Disturbance): Promise<void> => {
    starting.set(place, entry);
    try {
      await raging?.start(place);
    } catch (error) {
      // One that comes to its fault point before it is ready has been noticed, and another one is starting.
      if (starting.get(place) === entry) crashes.push(String(error));
    }
    entry.untilMs = Date.now() - entry.at;
    if (starting.get(place) === entry) starting.delete(place);
  };

  return {
    done,
    crashes,
    atPoints: () => atPoints,
    environmentNow(place): Readonly<Record<string, string>> {
      if (raging === undefined || done.length >= kills) return {};
      const first = FIRST_POINTS[armed++];
      if (first !== undefined) {
        doomed.add(place);
        return { HECTOR_FAULT_POINTS: `${first}=kill` };
      }
      return random.chance(0.4) ? { HECTOR_FAULT_POINTS: `${random.pick(POINTS)}=kill@${1 + random.below(5)}` } : {};
    },
    onEnd(place, pid, how) {
      const at = Date.now();
      doomed.delete(place);
      if (raging === undefined || how !== 'SIGKILL') {
        crashes.push(`${place.name} ended by itself: ${how}`);
        return;
      }
      if (!struck.has(pid)) atPoints += 1;
      const entry: Disturbance = { type: 'kill', place: place.name, pid, at, untilMs: 0 };
      done.push(entry);
      onKill(pid, at);
      const healed = heal(place, entry);
      healing.add(healed);
      void healed.finally(() => healing.delete(healed));
    },
    async run(cluster, signal) {
      raging = cluster;
      while (done.length < kills && !signal.aborted) {
        await sleep(random.below(2 * everyMs), undefined, { signal }).catch(() => undefined);
        const well = cluster.places.filter((place) => !starting.has(place) && place.pid !== 0);
        // One is left to work, as in any cluster that is meant to.
        if (well.length < 2 || done.length >= kills || signal.aborted) continue;
        const open = well.filter((place) => !doomed.has(place));
        if (open.length === 0) continue;
        const place = random.pick(open);
        struck.add(place.pid);
        await cluster.end(place, 'SIGKILL');
      }
      while (healing.size > 0) await Promise.all(healing);
    },
  };
}

/** However few the kills are: a call has taken effect and nobody knows; a call is known and has not begun. */
const FIRST_POINTS = ['tool.after-call', 'tool.after-intent'];
/** Around what a run does to the world and to its log. */
const POINTS = [
  ...['tool.before-intent', 'tool.after-intent', 'tool.after-call', 'tool.after-result'],
  ...['step.before-commit', 'step.after-commit', 'take.before', 'take.after', 'ledger.before-record', 'ledger.after-record'],
];
