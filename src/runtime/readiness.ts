import type { Clock } from '../base/clock.js';
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

/** Asks everything at once. What exactly is wrong with an answer is for the log: the route is open to everybody. */
export function createReadiness(checks: readonly ReadinessCheck[], clock: Clock, log: Logger): () => Promise<ReadinessReport> {
  const ask = async ({ name, findReason }: ReadinessCheck): Promise<readonly string[]> => {
    const answered = new AbortController();
    const late = clock.sleep(TIMEOUT_MS, answered.signal).then(() => {
      throw new Error(`no answer within ${TIMEOUT_MS} ms`);
    });
    try {
      const reason = await Promise.race([findReason(), late]);
      if (reason === undefined) return [];
      log.warn(`not ready: ${reason}`);
      return [reason];
    } catch (error) {
      log.warn({ err: error }, `not ready: ${name} does not answer`);
      return [`${name} does not answer`];
    } finally {
      answered.abort();
      // Rejected by the abort just now, or by its end.
      late.catch(() => undefined);
    }
  };
  return async () => {
    const reasons = (await Promise.all(checks.map(ask))).flat();
    return { ready: reasons.length === 0, reasons };
  };
}

/** Probes give up after a second or so; the answer comes before. */
const TIMEOUT_MS = 800;
