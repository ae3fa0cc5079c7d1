/** Does to the world what the plan says, when it says it. */
import type { Plan, PlannedFault } from '../plan.js';
import type { Cluster } from './cluster.js';
import type { Server } from './server.js';
import type { World } from './world.js';

export class FaultInjector {
  readonly #world: World;
  readonly #cluster: Cluster;

  constructor(world: World, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
  }

  start(plan: Plan): void {
    const { scheduler, sqlFaults } = this.#world;
    for (const fault of plan.faults) scheduler.schedule(fault.atMs, () => this.#inject(fault), { settles: true });
    sqlFaults.refused = plan.sqlRefused;
    sqlFaults.lostAcknowledgement = plan.sqlLostAcknowledgement;
    scheduler.schedule(plan.quietAtMs, () => {
      sqlFaults.refused = 0;
      sqlFaults.lostAcknowledgement = 0;
      this.#world.note('QUIET');
    });
  }

  #inject({ kind, amount }: PlannedFault): void {
    const { redis, scheduler } = this.#world;
    const servers = this.#cluster.alive;
    if (servers.length === 0) return;
    // Those that run steps more often than those that only listen.
    const server: Server = scheduler.random.pick(servers);
    const { process } = server;
    this.#world.count(kind);
    switch (kind) {
      case 'kill':
        process.kill();
        return;
      case 'kill-at-send':
        process.killAtSend(1 + Math.floor(12 * amount));
        return;
      case 'stop':
        process.stop(50 + 5_000 * amount ** 2, false);
        return;
      case 'machine-sleep':
        process.stop(50 + 5_000 * amount ** 2, true);
        return;
      case 'redis-cut':
        scheduler.random.pick(server.clients).cut();
        return;
      case 'redis-partition':
        process.cutOff('redis', 20 + 8_000 * amount ** 3);
        return;
      case 'sql-partition':
        process.cutOff('sql', 20 + 5_000 * amount ** 2);
        return;
      case 'wall-clock-jump':
        this.#world.note(`${process.name} SETS ITS CLOCK`);
        process.clock.jump(Math.round((amount - 0.5) * 10_000));
        return;
      case 'flushall':
        redis.flushAll();
        return;
      case 'redis-restart':
        redis.restart(20 + 6_000 * amount ** 3, 1_000 * scheduler.random.next());
        return;
      case 'drain':
        this.#world.note(`${process.name} DRAINS`);
        void server.drain();
    }
  }
}
