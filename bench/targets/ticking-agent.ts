/** An agent that commits the time, many times a second, until it is over. Arguments: the port, the roles, ticks per second. State goes to the working directory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Hector } from 'hector';

const [port, roles = '', perSecond] = process.argv.slice(2);
await new Hector({
  config: {
    agents: {},
    server: {
      host: '127.0.0.1',
      port: Number(port),
      drain_delay_ms: 0,
      shutdown_timeout_ms: 2_000,
      limits: { max_streams_per_caller: 50_000 },
    },
    logger: { level: 'warn' },
  },
})
  .agent('ticking', async function* ({ signal }) {
    const startMs = performance.now();
    for (let tick = 1; tick < 1_000_000; tick++) {
      yield { type: 'artifact', artifactId: 'time', append: tick > 1, text: `at ${Date.now()}\n` };
      // Against the beginning, so that what is late is not later with every tick.
      await sleep(Math.max(0, startMs + (tick * 1_000) / Number(perSecond) - performance.now()), undefined, { signal });
    }
  })
  .serve({ roles: roles.split(',') as never });
process.exit(0);
