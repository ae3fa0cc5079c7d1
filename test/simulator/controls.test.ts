import t from 'tap';
import { MUTANTS, WITHOUT_LEASES } from './mutants.js';
import { describeBroken, runMany } from './run-many.js';
import type { Mutant } from './world/world.js';

const INVARIANTS: Readonly<Record<keyof typeof MUTANTS, RegExp>> = {
  'the fence is not checked': /^R[23458]$/,
  'events are published before the commit': /^R4$/,
  'messages are not deduplicated': /^R1$|^R11$/,
  'nobody sweeps': /^rest$/,
  'a step reads ahead in its session': /^R8$/,
  'a cancel that was refused is reported as done': /^R6$/,
  'intents are not recorded': /^R7$/,
  'intents are not read': /^R7$/,
  'a join does not see all branches': /^join$|^rest$/,
  'a branch is begun twice': /^join$/,
};

for (const [name, mutant] of Object.entries<Mutant>(MUTANTS)) {
  t.test(`a defect is found within 1,000 seeds: ${name}`, async (t) => {
    const { histories, broken } = await runMany({ from: 1, histories: 1_000, mutant });
    t.comment(`found after ${histories} seeds: ${broken?.violation?.invariant} ${broken?.violation?.message.slice(0, 200)}`);
    t.match(broken?.violation?.invariant, INVARIANTS[name as keyof typeof MUTANTS]);
  });
}

t.test('without any lease every invariant still holds: the epoch is what keeps runs safe (R3)', async (t) => {
  const { broken } = await runMany({ from: 1, histories: 100, mutant: WITHOUT_LEASES });
  t.equal(broken === undefined ? 'all hold' : describeBroken(broken), 'all hold');
});
