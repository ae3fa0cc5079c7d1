/** What befalls a cluster while its callers go on: killed and stopped processes, a Redis that dies. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.js';
import type { TempRedis } from '../temp-redis.js';
import type { Cluster, Place } from './cluster.js';

export interface Disturbance {
  readonly type: 'kill' | 'stop' | 'redis';
  readonly place: string;
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Until it was undone: started again, woken. */
  untilMs: number;
}

export interface DisturbanceOptions {
  readonly cluster: Cluster;
  readonly redis: TempRedis;
  readonly random: Random;
  readonly everyMs: number;
  /** No more of them than this. */
  readonly limit: number;
  /** Ends the disturbances; what is disturbed then is put right. */
  readonly signal: AbortSignal;
  /** Called right after a process was killed. */
  readonly onKill: (pid: number, at: number) => void;
  /** Redis dies after this many disturbances, each time. */
  readonly redisAfter: readonly number[];
}

/** Resolves when all is well again. */
export async function disturb(options: DisturbanceOptions): Promise<readonly Disturbance[]> {
  const { cluster, random, everyMs, limit, signal, redisAfter } = options;
  const done: Disturbance[] = [];
  const healing = new Set<Promise<void>>();
  const disturbed = new Set<Place>();
  for (let count = 1; !signal.aborted && count <= limit; count++) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    if (redisAfter.includes(count)) healing.add(restartRedis(options, done));
    const well = cluster.places.filter((place) => !disturbed.has(place) && place.pid !== 0);
    // One is left to work, as in any cluster that is meant to.
    if (well.length < 2) continue;
    const place = random.pick(well);
    disturbed.add(place);
    // A machine on which a start takes longer than the time between two blows would otherwise never have a process that lives.
    const isStarting = done.some(({ type, untilMs }) => type === 'kill' && untilMs === 0);
    const heal = random.chance(0.6) && !isStarting ? killAndStart(place, options, done) : stopAndWake(place, options, done);
    const settled = heal.finally(() => disturbed.delete(place));
    healing.add(settled);
  }
  await Promise.all(healing);
  return done;
}

async function killAndStart(place: Place, { cluster, onKill }: DisturbanceOptions, done: Disturbance[]): Promise<void> {
  const { pid } = place;
  const at = Date.now();
  const entry: Disturbance = { type: 'kill', place: place.name, pid, at, untilMs: 0 };
  done.push(entry);
  await cluster.end(place, 'SIGKILL');
  onKill(pid, at);
  await cluster.start(place);
  entry.untilMs = Date.now() - at;
}

async function stopAndWake(place: Place, { cluster, random }: DisturbanceOptions, done: Disturbance[]): Promise<void> {
  const entry: Disturbance = { type: 'stop', place: place.name, pid: place.pid, at: Date.now(), untilMs: 0 };
  done.push(entry);
  cluster.signal(place, 'SIGSTOP');
  await sleep(1_000 + random.below(3_000));
  cluster.signal(place, 'SIGCONT');
  entry.untilMs = Date.now() - entry.at;
}

async function restartRedis({ redis }: DisturbanceOptions, done: Disturbance[]): Promise<void> {
  const entry: Disturbance = { type: 'redis', place: 'redis', pid: redis.pid, at: Date.now(), untilMs: 0 };
  done.push(entry);
  await redis.kill('SIGKILL');
  await redis.restart();
  entry.untilMs = Date.now() - entry.at;
}
