import type { Clock } from '../base/clock.js';
import { within } from '../base/within.js';
import type { Logger } from '../observe/log.js';

export interface ReadinessCheck {
  /** Of what is asked, as in "… does not answer". */
  readonly name: string;
  /** Why not ready, in words that anybody may read; `undefined` = ready. */
  readonly findReason: () => Promise<string | undefined>;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/**
 * Asks everything at once, and nothing again before the answer is there: the route is open to everybody. What exactly is wrong with an answer
 * is for the log.
 */
export function createReadiness(checks: readonly ReadinessCheck[], clock: Clock, log: Logger): () => Promise<ReadinessReport> {
  const ask = async ({ name, findReason }: ReadinessCheck): Promise<readonly string[]> => {
    try {
      const reason = await within(clock, TIMEOUT_MS, findReason());
      if (reason === undefined) return [];
      log.warn(`not ready: ${reason}`);
      return [reason];
    } catch (error) {
      log.warn({ err: error }, `not ready: ${name} does not answer`);
      return [`${name} does not answer`];
    }
  };
  const askAll = async (): Promise<ReadinessReport> => {
    const reasons = (await Promise.all(checks.map(ask))).flat();
    return { ready: reasons.length === 0, reasons };
  };
  let asking: Promise<ReadinessReport> | undefined;
  return () => {
    // Settles within `TIMEOUT_MS`.
    asking ??= askAll().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

/** Probes give up after a second or so; the answer comes before. */
const TIMEOUT_MS = 800;
