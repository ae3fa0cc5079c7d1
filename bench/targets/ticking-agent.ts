/**
 * An agent that commits the time, so many times a second as the file `pace` in the working directory says (0, or no such file: it waits),
 * until it is over. Arguments: the port, the roles. State goes to the working directory.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hector } from 'hector';

const [port, roles = ''] = process.argv.slice(2);
let perSecond = 0;
setInterval(() => {
  try {
    perSecond = Number(readFileSync('pace', 'utf8'));
  } catch {
    // Nobody has said anything yet.
  }
}, 50).unref();

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
    // A place of its own within the second: agents that all speak at once would measure the burst.
    const share = Math.random();
    let dueMs = 0;
    for (let tick = 1; tick < 1_000_000; tick++) {
      while (perSecond === 0) {
        await sleep(50, undefined, { signal });
        dueMs = performance.now() + (share * 1_000) / Math.max(1, perSecond);
      }
      // Against the beginning, so that what is late is not later with every tick; never more than a second's worth at once.
      dueMs = Math.max(dueMs, performance.now() - 1_000);
      await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal });
      yield { type: 'artifact', artifactId: 'time', append: tick > 1, text: `at ${Date.now()}\n` };
      dueMs += 1_000 / Math.max(1, perSecond);
    }
  })
  .serve({ roles: roles.split(',') as never });
process.exit(0);
