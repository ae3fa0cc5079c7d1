/** A program with an agent that waits a second and says so. Arguments: the port, and the folder of its state, which is its working directory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Hector } from 'hector';

await new Hector({
  config: {
    agents: {},
    server: { host: '127.0.0.1', port: Number(process.argv[2]), drain_delay_ms: 0, shutdown_timeout_ms: 5_000 },
    // As many steps of a second wait at once as begin in one, and more.
    queue: { concurrency: 2_000 },
    logger: { level: 'warn' },
  },
})
  .agent('waiting', async function* ({ signal }) {
    await sleep(1_000, undefined, { signal });
    yield 'A second has passed.';
  })
  .serve();
process.exit(0);
