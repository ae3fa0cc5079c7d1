/** The places where servers run: each has at most one process at a time, which may die and be started again. */
import { type Server, startServer } from './server.js';
import type { World } from './world.js';

interface Place {
  readonly name: string;
  readonly isWorker: boolean;
  readonly isKeeper: boolean;
  readonly skewMs: number;
  readonly rate: number;
  starts: number;
  server: Server | undefined;
}

export interface ClusterOptions {
  readonly workers: number;
  readonly fronts: number;
  /** Longest difference of a wall clock from the true time. */
  readonly maxSkewMs: number;
}

export class Cluster {
  readonly #world: World;
  readonly #places: readonly Place[];

  constructor(world: World, { workers, fronts, maxSkewMs }: ClusterOptions) {
    this.#world = world;
    const { random } = world.scheduler;
    const place = (name: string, isWorker: boolean, isKeeper: boolean): Place => ({
      name,
      isWorker,
      isKeeper,
      skewMs: Math.round((2 * random.next() - 1) * maxSkewMs),
      rate: 1 + (random.next() - 0.5) / 50,
      starts: 0,
      server: undefined,
    });
    this.#places = [
      ...Array.from({ length: workers }, (_, index) => place(`w${index + 1}`, true, index < 2)),
      ...Array.from({ length: fronts }, (_, index) => place(`f${index + 1}`, false, false)),
    ];
    for (const one of this.#places) this.#start(one);
  }

  get alive(): readonly Server[] {
    return this.#places.flatMap(({ server }) => (server?.process.isAlive ? [server] : []));
  }

  /** Any server, dead ones too: a client learns that when it calls. */
  pick(filter: (place: { readonly isWorker: boolean }) => boolean = () => true): Server {
    const places = this.#places.filter((place) => place.server !== undefined && filter(place));
    return this.#world.scheduler.random.pick(places).server as Server;
  }

  /** Starts again what is dead, each after a while of its own. */
  startAgain(server: Server, afterMs: number): void {
    const place = this.#places.find((one) => one.server === server);
    if (place === undefined) return;
    this.#world.scheduler.schedule(afterMs, () => this.#start(place), { settles: true });
  }

  #start(place: Place): void {
    if (place.server?.process.isAlive) return;
    place.starts += 1;
    const { random } = this.#world.scheduler;
    const name = `${place.name}.${place.starts}`;
    if (place.starts > 1) this.#world.note(`${name} STARTS`);
    place.server = startServer(this.#world, { ...place, name, configVersion: random.chance(0.8) ? 'v1' : 'v2' });
    place.server.process.onDeath(() => this.startAgain(place.server as Server, 100 + 2_500 * random.next()));
  }
}
