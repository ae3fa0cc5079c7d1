/**
 * What agents have used up in the turns of a run that are over, by agent: `agents.<name>.limits` hold for the run. It goes down with the
 * control of a member's turn and comes back with its end; each agent reads and writes its own entry.
 */
import { isJsonObject, type JsonObject } from '../base/json.js';

export function readSpent({ spent }: JsonObject): JsonObject {
  return isJsonObject(spent) ? spent : {};
}

/** Part of a control; of a turn that begins, all of it. */
export function writeSpent(spent: JsonObject): JsonObject {
  return Object.keys(spent).length === 0 ? {} : { spent };
}

/** Behind a member's step. A member that keeps none of this forgets what others have used up; whoever called it does not. */
export function mergeSpent(spent: JsonObject, control: JsonObject): JsonObject {
  return { ...spent, ...readSpent(control) };
}
