import { isJsonObject, type JsonObject } from '../base/json.js';
import type { StepOutcome } from './agent.js';

/** Tokens that several agents of one run used, as status metadata tells them. */
export function addUsage(sum: JsonObject | undefined, statusMetadata: JsonObject | undefined): JsonObject | undefined {
  const more = statusMetadata?.[USAGE];
  if (!isJsonObject(more)) return sum;
  const total: Record<string, number> = {};
  for (const [name, value] of [...Object.entries(sum ?? {}), ...Object.entries(more)])
    if (typeof value === 'number') total[name] = (total[name] ?? 0) + value;
  return total;
}

export function withUsage(statusMetadata: JsonObject | undefined, usage: JsonObject | undefined): { statusMetadata?: JsonObject } {
  if (usage === undefined) return statusMetadata === undefined ? {} : { statusMetadata };
  return { statusMetadata: { ...statusMetadata, [USAGE]: usage } };
}

/** However a run ends, it tells what the turns before its last one used, too. */
export function withEarlierUsage(outcome: StepOutcome, earlier: JsonObject | undefined): StepOutcome {
  if (outcome.type !== 'finished' && outcome.type !== 'failed' && outcome.type !== 'rejected') return outcome;
  return { ...outcome, ...withUsage(outcome.statusMetadata, addUsage(earlier, outcome.statusMetadata)) };
}

/** Key of status metadata. */
export const USAGE = 'hector:usage';
