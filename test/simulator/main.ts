/**
 * The long form, and a history again:
 *
 *   node dist/test/simulator/main.js --histories 100000 [--from 1] [--jobs 2]
 *   node dist/test/simulator/main.js --seed 166 [--trace] [--mutant 'the fence is not checked']
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants.js';
import { type HistoryResult, runHistory } from './run-history.js';
import { addSummary, describeBroken, type RunSummary, runMany, startSummary } from './run-many.js';
import { describeSummary, findMissing } from './statistics.js';
import { SharedDatabase } from './world/shared-database.js';
import type { Mutant } from './world/world.js';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    /** Processes side by side. */
    jobs: { type: 'string', default: String(availableParallelism()) },
    /** One of those processes: every so many seeds, told to its parent. */
    stride: { type: 'string' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    mutant: { type: 'string' },
  },
});

const mutant: Mutant | undefined = (MUTANTS as Readonly<Record<string, Mutant>>)[values.mutant ?? ''];
if (values.seed !== undefined) await runOne(Number(values.seed));
else if (values.stride !== undefined) await runShare(Number(values.stride));
else await runAll();

async function runOne(seed: number): Promise<void> {
  const database = await SharedDatabase.open();
  const onLine = (line: string) => console.log(line);
  const result = await runHistory(seed, { database, ...(mutant === undefined ? {} : { mutant }), ...(values.trace ? { onLine } : {}) });
  await database.close();
  console.log(result.violation === undefined ? `seed ${seed} holds` : describeBroken(result));
  console.log(`trace ${result.traceHash}, ${result.events} events, ${(result.virtualMs / 1000).toFixed(1)} s`);
  process.exitCode = result.violation === undefined ? 0 : 1;
}

/** What this process did since it last told. */
async function runShare(stride: number): Promise<void> {
  const summary = await runMany({
    from: Number(values.from),
    histories: Number(values.histories),
    stride,
    ...(mutant === undefined ? {} : { mutant }),
    onProgress: ({ histories }) => {
      if (histories % 500 === 0) process.send?.({ histories: 500 });
    },
  });
  process.send?.({ summary: { ...summary, counts: [...summary.counts] } });
}

async function runAll(): Promise<void> {
  const jobs = Math.max(1, Number(values.jobs));
  const histories = Number(values.histories);
  const startedAt = performance.now();
  const total = startSummary();
  let done = 0;
  const broken: HistoryResult[] = [];
  const shares = Array.from({ length: jobs }, (_, index) => {
    const share = Math.ceil((histories - index) / jobs);
    const args = ['--histories', `${share}`, '--from', `${Number(values.from) + index}`, '--stride', `${jobs}`];
    return new Promise<void>((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), [...args, ...(values.mutant === undefined ? [] : ['--mutant', values.mutant])]);
      child.on('message', (message: { histories?: number; summary?: Omit<RunSummary, 'counts'> & { counts: [string, number][] } }) => {
        done += message.histories ?? 0;
        if (message.histories !== undefined && done % 5_000 === 0) console.log(`${done} of ${histories}`);
        if (message.summary === undefined) return;
        addSummary(total, { ...message.summary, counts: new Map(message.summary.counts) });
        if (message.summary.broken !== undefined) broken.push(message.summary.broken);
      });
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a share of the histories ended with ${code}`))));
    });
  });
  await Promise.all(shares);
  total.seconds = (performance.now() - startedAt) / 1000;
  console.log(describeSummary(total));
  for (const result of broken) console.log(describeBroken(result));
  // A short run cannot show everything.
  const missing = histories < 1_000 ? [] : findMissing(total.counts);
  if (missing.length > 0 && broken.length === 0) console.log(`never happened: ${missing.join(', ')}`);
  process.exitCode = broken.length === 0 && missing.length === 0 ? 0 : 1;
}
