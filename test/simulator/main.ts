/**
 * `node dist/test/simulator/main.js --histories 100000 [--from 1]`, or `--seed N [--trace]` to see one again.
 */
import { parseArgs } from 'node:util';
import { runHistory } from './run-history.js';
import { SharedDatabase } from './world/shared-database.js';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const database = await SharedDatabase.open();
if (values.seed !== undefined) {
  const result = await runHistory(Number(values.seed), {
    database,
    ...(values.trace ? { onLine: (line: string) => console.log(line) } : {}),
  });
  console.log(result.violation ?? 'no violation', result.traceHash, result.events, result.virtualMs);
  if (!values.trace) for (const line of result.tail) console.log(line);
} else {
  const t0 = performance.now();
  const counts = new Map<string, number>();
  let events = 0,
    bad = 0;
  const n = Number(values.histories),
    from = Number(values.from);
  for (let s = from; s < from + n; s++) {
    const r = await runHistory(s, { database });
    events += r.events;
    for (const [k, v] of r.counts) counts.set(k, (counts.get(k) ?? 0) + v);
    if (r.violation) {
      bad++;
      if (bad < 20) console.log(s, r.violation.invariant, r.violation.message.slice(0, 300));
    }
  }
  const sec = (performance.now() - t0) / 1000;
  console.log({ n, bad, sec, perSecond: n / sec, eventsPerHistory: events / n, counts });
}
await database.close();
