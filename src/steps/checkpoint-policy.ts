/** When a step's outcome is committed, and what may go on uncommitted (CHK-01…03): pure. */
import type { CheckpointPoints, StepOutcome } from '../agents/agent.js';
import type { CheckpointSettings } from '../config/settings.js';

/** What a worker has done since the run's last commit. */
export interface UncommittedWork {
  readonly iterations: number;
  readonly ageMs: number;
}

/**
 * Results that were recorded when their tools ended are found again only under the ids of the model's answer: `after_tools`
 * needs that answer committed as well.
 */
export function checkpointPoints({ enabled, strategy, afterTools }: CheckpointSettings): CheckpointPoints {
  return { afterModel: enabled && (strategy !== 'interval' || afterTools), afterTools: enabled && afterTools };
}

/**
 * Whether the run goes on without a commit. A crash then repeats the iterations since the last one: only pure calls are among
 * them, or calls whose results the ledger keeps (R7).
 */
export function isCarriedOn(settings: CheckpointSettings, outcome: StepOutcome, work: UncommittedWork): boolean {
  if (!settings.enabled || settings.strategy === 'event' || settings.beforeLlm) return false;
  if (outcome.type !== 'continue' || outcome.durable === true) return false;
  if (settings.afterTools && outcome.messages.some(({ role }) => role === 'tool')) return false;
  const { iterations, ms } = settings.interval;
  return work.iterations < iterations || work.ageMs < ms;
}
