/** How long until Hector can be used, and what it holds when nobody uses it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Line, Measurement, Run } from '../frame/measurement.js';
import { findPidsWith, residentMiBOf } from '../frame/process-usage.js';
import { median } from '../frame/statistics.js';
import { hectorTarget } from '../targets/hector.js';
import { jsSdkTarget } from '../targets/js-sdk.js';
import type { RunningTarget } from '../targets/target.js';

const PEER = jsSdkTarget.name;

export const startUp: Measurement = {
  name: 'start-up',
  budgetSeconds: { full: 40, quick: 10 },
  rows: [
    {
      name: 'start-up',
      question: 'How long from the start of the process until it says that it is ready?',
      method:
        'From spawn to the first 200 of /health/ready (the peer: of its card), asked every 20 ms, in a folder of its own; Hector starts its private Redis and makes its database in that time. No warm-up but the file cache.',
      unit: 'ms',
      better: 'lower',
    },
    {
      name: 'idle-memory',
      question: 'How much memory is resident after the start and some requests for a card?',
      method: 'RSS from /proc two seconds after the start; of Hector’s process, its Redis beside it.',
      unit: 'MiB',
      better: 'lower',
    },
  ],
  measure,
};

async function measure(run: Run): Promise<readonly Line[]> {
  const targets = [
    hectorTarget(),
    hectorTarget({ name: 'hector, front beside a worker', roles: ['agent,ingest,keeper', 'front'] }),
    jsSdkTarget,
  ];
  const found = targets.map((target) => ({ target, ms: [] as number[], ownMiB: [] as number[], redisMiB: [] as number[] }));
  for (let repeat = 0; repeat < run.repeats; repeat++)
    for (const { target, ms, ownMiB, redisMiB } of found) {
      const startedMs = performance.now();
      const server = await target.start();
      try {
        ms.push(performance.now() - startedMs);
        for (let request = 0; request < 10; request++) await (await fetch(server.cardUrl)).arrayBuffer();
        await sleep(run.isQuick ? 200 : 2_000);
        const { own, redis } = await splitPids(server);
        ownMiB.push(await residentMiBOf(own));
        redisMiB.push(redis.length === 0 ? 0 : await residentMiBOf(redis));
      } finally {
        await server.close();
      }
    }
  return found.flatMap(({ target: { name }, ms, ownMiB, redisMiB }) => {
    const comparedWith = name === PEER ? undefined : PEER;
    // With several processes it would be the time of one after the other.
    const start: Line[] = name.includes('beside') ? [] : [{ row: 'start-up', target: name, repeats: ms, comparedWith }];
    return [...start, { row: 'idle-memory', target: name, repeats: ownMiB, comparedWith, also: { 'Redis MiB': median(redisMiB) } }];
  });
}

/** The front, or the one process, is the last that was started; Redis has a name of its own. */
async function splitPids({ pids }: RunningTarget): Promise<{ readonly own: readonly number[]; readonly redis: readonly number[] }> {
  const servers = new Set([...(await findPidsWith('redis-server')), ...(await findPidsWith('valkey-server'))]);
  const programs = pids.filter((pid) => !servers.has(pid));
  return { own: programs.slice(-1), redis: pids.filter((pid) => servers.has(pid)) };
}
