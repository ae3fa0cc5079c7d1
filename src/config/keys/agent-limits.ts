import type { RunLimitSettings } from '../llm-agent-settings.js';
import { duration, integer, number, optional, type Static, section } from '../schema-builder.js';

/** Looked at between steps: a model call that has begun is finished and paid for. */
export const LimitsSchema = section(
  {
    max_tokens: optional(integer('Tokens of one run, input and output together.', { minimum: 1 })),
    max_cost: optional(number('What one run may cost, in the currency of llms.<name>.price.', { minimum: 0 })),
    max_duration: optional(duration('How long one run may work; waits for somebody do not count.', { minimum: 1 })),
  },
  'What one run may use up; more is a failure.',
);

export function resolveLimits(limits: Static<typeof LimitsSchema>): RunLimitSettings {
  return { maxTokens: limits.max_tokens, maxCost: limits.max_cost, maxDurationMs: limits.max_duration };
}
