/** Durable steps: a worker that goes on with what it holds, one commit after the other. */

import { measureSteps } from '../../test/support/measure-steps.js';
import { createOnServer, createSqlite, type TempDatabase } from '../../test/support/temp-database.js';
import { findSkipReason, stopTestServers } from '../../test/support/test-servers.js';
import { type Line, type Measurement, type Run, readCount } from '../frame/measurement.js';
import { percentilesOf } from '../frame/statistics.js';

const METHOD =
  'Runs of 20 steps each (a model call that answers at once, and a call of a pure tool) in this process through the worker’s own code; leases are always granted and nothing is queued or published, so it is the agent’s loop, the commit and its database. One run alone, then 16 and 64 under way (--under-way), whose commits share transactions. Latency is that of a commit.';

export const steps: Measurement = {
  name: 'steps',
  budgetSeconds: { full: 60, quick: 8 },
  rows: [
    {
      name: 'steps',
      question: 'How many durable steps does one process take per second, on each database?',
      method: METHOD,
      unit: '/s',
      better: 'higher',
      unitOfWork: 'step',
    },
  ],
  async measure(run) {
    const lines: Line[] = [];
    const disposers: (() => unknown)[] = [];
    const t = { teardown: (dispose: () => unknown) => void disposers.unshift(dispose) };
    try {
      lines.push(...(await measureOn('SQLite', await createSqlite(t), run)));
      const reason = findSkipReason('postgres');
      if (reason === undefined && !run.isQuick) lines.push(...(await measureOn('PostgreSQL', await createOnServer(t, 'postgres'), run)));
      else run.say(`PostgreSQL: left out, ${reason ?? 'the run is a quick one'}`);
    } finally {
      for (const dispose of disposers) await dispose();
      await stopTestServers();
    }
    return lines;
  },
};

async function measureOn(name: string, temp: TempDatabase, run: Run): Promise<readonly Line[]> {
  const counts = run.options['under-way'] === undefined ? [1, 16, 64] : [1, readCount(run, 'under-way', 64)];
  const lines: Line[] = [];
  for (const underWay of counts) {
    await measureSteps(temp.settings, { underWay, seconds: run.warmUpSeconds / 2 });
    const all = [];
    for (let repeat = 0; repeat < run.repeats; repeat++) all.push(await measureSteps(temp.settings, { underWay, seconds: run.seconds }));
    const [first] = all as [(typeof all)[number], ...typeof all];
    lines.push({
      row: 'steps',
      target: `${name}, ${underWay} under way`,
      repeats: all.map(({ perSecond }) => perSecond),
      comparedWith: underWay === 1 ? undefined : `${name}, 1 under way`,
      latency: percentilesOf(first.commitMs),
      cpuUs: first.cpuUs,
    });
  }
  return lines;
}
