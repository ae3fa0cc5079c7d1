/** What models have used in a run: counted in one form, and told as status metadata. */
import { isJsonObject, type JsonObject } from '../base/json.js';
import type { LlmPrice } from '../config/settings.js';
import type { ModelUsage } from '../providers/llms/contract.js';
import { costOf } from '../providers/llms/cost.js';
import type { StepOutcome } from './agent.js';

export interface RunUsage extends ModelUsage {
  /** In the currency of `llms.<name>.price`. Default: not known. */
  readonly cost?: number;
}

export const NO_USAGE: RunUsage = { inputTokens: 0, outputTokens: 0 };

export function addUsage(sum: RunUsage, usage: RunUsage | undefined): RunUsage {
  if (usage === undefined) return sum;
  return readCounts((name) => (sum[name] ?? 0) + (usage[name] ?? 0));
}

/** Of a part that began with what `earlier` says. */
export function subtractUsage(usage: RunUsage, earlier: RunUsage): RunUsage {
  return readCounts((name) => (usage[name] ?? 0) - (earlier[name] ?? 0));
}

export function withCost(usage: ModelUsage | undefined, price: LlmPrice | undefined): RunUsage | undefined {
  return usage === undefined || price === undefined ? usage : { ...usage, cost: costOf(usage, price) };
}

/** As controls keep it. */
export function readKeptUsage({ usage }: JsonObject): RunUsage | undefined {
  if (!isJsonObject(usage) || typeof usage['inputTokens'] !== 'number') return undefined;
  return readCounts((name) => numberOf(usage[name]));
}

/** As status metadata tell it. */
export function readUsage(statusMetadata: JsonObject | undefined): RunUsage | undefined {
  const usage = statusMetadata?.[USAGE];
  return isJsonObject(usage) ? readCounts((name) => numberOf(usage[NAMES[name]])) : undefined;
}

export function withUsage(statusMetadata: JsonObject | undefined, usage: RunUsage | undefined): { statusMetadata?: JsonObject } {
  if (usage === undefined) return statusMetadata === undefined ? {} : { statusMetadata };
  const told = Object.entries(NAMES).flatMap(([name, key]) => {
    const count = usage[name as keyof RunUsage];
    return count === undefined ? [] : [[key, count] as const];
  });
  return { statusMetadata: { ...statusMetadata, [USAGE]: Object.fromEntries(told) } };
}

/** However a run ends, it tells what the turns before its last one used, too. */
export function withEarlierUsage(outcome: StepOutcome, earlier: RunUsage | undefined): StepOutcome {
  if (outcome.type !== 'finished' && outcome.type !== 'failed' && outcome.type !== 'rejected') return outcome;
  return { ...outcome, ...withUsage(outcome.statusMetadata, sumUsage([earlier, readUsage(outcome.statusMetadata)])) };
}

/** `undefined`: none of them tells of any. */
export function sumUsage(usages: readonly (RunUsage | undefined)[]): RunUsage | undefined {
  const known = usages.filter((usage) => usage !== undefined);
  return known.length === 0 ? undefined : known.reduce(addUsage, NO_USAGE);
}

/** Of a run that ends without its agent, by what its last step left: members keep theirs in the control of whoever runs them. */
export function findUsage(control: JsonObject): RunUsage | undefined {
  const { child } = control;
  return sumUsage([readKeptUsage(control), isJsonObject(child) ? findUsage(child) : undefined]);
}

/** Key of status metadata. */
export const USAGE = 'hector:usage';

const NAMES: Readonly<Record<keyof RunUsage, string>> = {
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cachedTokens: 'cached_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  thinkingTokens: 'thinking_tokens',
  cost: 'cost',
};

/** Counts that are zero are left out, but for the two that every model tells. */
function readCounts(read: (name: keyof RunUsage) => number): RunUsage {
  const { inputTokens, outputTokens } = { inputTokens: read('inputTokens'), outputTokens: read('outputTokens') };
  const others = (['cachedTokens', 'thinkingTokens', 'cacheWriteTokens', 'cost'] as const).flatMap((name) => {
    const count = read(name);
    return count === 0 ? [] : [[name, count] as const];
  });
  return { inputTokens, outputTokens, ...Object.fromEntries(others) };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
