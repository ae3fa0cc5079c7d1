import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { MUTANTS } from './mutants.js';
import { runHistory } from './run-history.js';
import { describeBroken, runMany } from './run-many.js';
import { SharedDatabase } from './world/shared-database.js';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

t.test('a seed gives the same history twice in one process, whatever ran between, and in another process', async (t) => {
  const database = await SharedDatabase.open();
  t.teardown(() => database.close());
  const hashes = async (seeds: readonly number[]) => {
    const found = new Map<number, string>();
    for (const seed of seeds) found.set(seed, (await runHistory(seed, { database })).traceHash);
    return found;
  };
  const first = await hashes(SEEDS);
  const second = await hashes(SEEDS.toReversed());
  for (const seed of SEEDS) t.equal(second.get(seed), first.get(seed), `seed ${seed}`);
  t.equal(new Set(first.values()).size, SEEDS.length, 'different seeds, different histories');
  for (const seed of [3, 17]) {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--seed', `${seed}`]);
    t.match(stdout, `trace ${first.get(seed)}`);
  }
});

t.test('a broken history says its seed, what it breaks, its last lines, and how to see it again', async (t) => {
  const { broken } = await runMany({ from: 1, histories: 100, mutant: MUTANTS['nobody sweeps'] });
  if (broken === undefined) return void t.fail('nothing was found');
  const lines = describeBroken(broken).split('\n');
  t.match(lines[0], /^seed \d+ breaks rest: not at rest/);
  t.equal(lines.at(-1), `again: node dist/test/simulator/main.js --seed ${broken.seed} --trace`);
  t.equal(broken.tail.length, 60);
  const rerun = promisify(execFile)(process.execPath, [MAIN, '--seed', `${broken.seed}`, '--mutant', 'nobody sweeps']);
  const { stdout, code } = (await rerun.catch((error: { stdout: string; code: number }) => error)) as { stdout: string; code?: number };
  t.equal(code, 1);
  t.match(stdout, `trace ${broken.traceHash}`);
});
