import type { LlmPrice } from '../../config/settings.js';
import type { ModelUsage } from './contract.js';

/** What a model call costs, in the currency of `llms.<name>.price`. */
export function costOf(usage: ModelUsage, price: LlmPrice): number {
  const cached = usage.cachedTokens ?? 0;
  const written = usage.cacheWriteTokens ?? 0;
  const fresh = Math.max(0, usage.inputTokens - cached - written);
  const perMillion = fresh * price.input + cached * price.cached + written * price.cacheWrite + usage.outputTokens * price.output;
  return perMillion / 1_000_000;
}
