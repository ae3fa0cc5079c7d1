/** What the world outside must have seen of all runs together (R7). */
import type { EffectReport } from './effect-counts.js';
import type { PlannedEffect } from './run-plan.js';

export interface EffectCheck {
  readonly problems: readonly string[];
  readonly counts: { readonly pure: number; readonly idempotent: number; readonly once: number; readonly repeated: number };
}

/** @param planned every call of all runs. */
export function checkEffects(planned: readonly PlannedEffect[], report: EffectReport): EffectCheck {
  const problems: string[] = [];
  const counts = { pure: 0, idempotent: 0, once: 0, repeated: 0 };
  const keyOwners = new Map<string, string>();
  const wanted = new Set<string>();
  for (const { id, kind } of planned) {
    wanted.add(id);
    const counted = report[id];
    if (counted === undefined) {
      problems.push(`${id} (${kind}) never reached the world, and its run goes on as if it had`);
      continue;
    }
    counts[counted.effect] += 1;
    counts.repeated += counted.arrived - 1;
    if (kind === 'p') continue;
    if (counted.applied !== 1) problems.push(`${id} (${counted.effect}) took effect ${counted.applied} times (R7)`);
    const [key = '', ...others] = counted.keys;
    if (key === '' || others.length > 0) problems.push(`${id} came with the keys ${JSON.stringify(counted.keys)} (R7)`);
    if (keyOwners.has(key)) problems.push(`${id} and ${keyOwners.get(key)} came with the same key (R7)`);
    keyOwners.set(key, id);
  }
  for (const id of Object.keys(report)) if (!wanted.has(id)) problems.push(`${id} is in no plan`);
  return { problems, counts };
}
