/** An agent that commits its process's id again and again. Arguments: the port, the roles, how many milliseconds between two. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Hector } from 'hector';

const [port, roles = '', stepMs] = process.argv.slice(2);
await new Hector({
  config: {
    agents: {},
    server: { host: '127.0.0.1', port: Number(port), drain_delay_ms: 0, shutdown_timeout_ms: 2_000 },
    logger: { level: 'warn' },
  },
})
  .agent('counting', async function* () {
    for (let event = 0; event < 100_000; event++) {
      yield { type: 'artifact', artifactId: 'response', append: event > 0, text: `pid ${process.pid}\n` };
      await sleep(Number(stepMs));
    }
  })
  .serve({ roles: roles.split(',') as never });
process.exit(0);
