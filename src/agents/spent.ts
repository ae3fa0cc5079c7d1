/**
 * What agents have used up in the turns of a run that are over, by agent: `agents.<name>.limits` and `reasoning.max_iterations` hold for
 * the run. It goes down with the control of a member's turn, or of a run below this one, and comes back with its end; each agent writes
 * its own entry.
 */
import { isJsonObject, type JsonObject } from '../base/json.js';
import type { ChildRun } from './agent.js';
import { addUsage, NO_USAGE, type RunUsage, subtractUsage } from './usage.js';

/** What an agent used up in a run. */
export interface Spent {
  /** Of the model. */
  readonly calls: number;
  readonly usage: RunUsage;
  readonly workedMs: number;
}

export const NOTHING_SPENT: Spent = { calls: 0, usage: NO_USAGE, workedMs: 0 };

export function readSpent({ spent }: JsonObject): JsonObject {
  return isJsonObject(spent) ? spent : {};
}

/** Part of a control; of a turn that begins, all of it. */
export function writeSpent(spent: JsonObject): JsonObject {
  return Object.keys(spent).length === 0 ? {} : { spent };
}

export function getSpent(spent: JsonObject, agent: string): Spent {
  return Object.hasOwn(spent, agent) ? (spent[agent] as unknown as Spent) : NOTHING_SPENT;
}

export function setSpent(spent: JsonObject, agent: string, own: Spent): JsonObject {
  return { ...spent, [agent]: { ...own } as unknown as JsonObject };
}

export function addSpent(sum: Spent, more: Spent): Spent {
  return { calls: sum.calls + more.calls, usage: addUsage(sum.usage, more.usage), workedMs: sum.workedMs + more.workedMs };
}

/** Behind a member's step. A member that keeps none of this forgets what others have used up; whoever called it does not. */
export function mergeSpent(spent: JsonObject, control: JsonObject): JsonObject {
  return { ...spent, ...readSpent(control) };
}

/** When runs below this one have ended, all of which began with `spent`: at the same time, so that each knows only of its own part. */
export function joinSpent(spent: JsonObject, children: readonly ChildRun[]): JsonObject {
  let joined = spent;
  for (const child of children) {
    const ended = child.spent ?? {};
    for (const agent of Object.keys(ended)) {
      const before = getSpent(spent, agent);
      const after = getSpent(ended, agent);
      const own: Spent = {
        calls: after.calls - before.calls,
        usage: subtractUsage(after.usage, before.usage),
        workedMs: after.workedMs - before.workedMs,
      };
      joined = setSpent(joined, agent, addSpent(getSpent(joined, agent), own));
    }
  }
  return joined;
}
