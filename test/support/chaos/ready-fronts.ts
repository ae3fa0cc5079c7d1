/**
 * Which fronts a load balancer would send to: those whose last probe of readiness said yes. When none did, all of them, as load
 * balancers do rather than to refuse everything.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Upstreams } from './balanced-call.js';

export interface ReadyFronts extends Upstreams {
  /** Probes that said no, by front. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** Probes until `signal` aborts. The first round is over when this resolves. */
export async function watchReadiness(upstreams: Upstreams, periodMs: number, signal: AbortSignal): Promise<ReadyFronts> {
  const refusals = new Map<string, number>();
  let ready: readonly string[] = [];
  const probe = async (front: string): Promise<boolean> => {
    try {
      // A connection of its own each time, as a probe has.
      const response = await fetch(`${front}/health/ready`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(PROBE_MS) });
      await response.text();
      if (response.ok) return true;
      refusals.set(front, (refusals.get(front) ?? 0) + 1);
      return false;
    } catch {
      // Gone, or not there yet: not ready, which is all that is asked.
      return false;
    }
  };
  const round = async (): Promise<void> => {
    const fronts = upstreams.fronts();
    const answers = await Promise.all(fronts.map(probe));
    ready = fronts.filter((_, index) => answers[index]);
  };
  await round();
  void (async () => {
    while (!signal.aborted) {
      await sleep(periodMs);
      await round();
    }
  })();
  return { refusals, fronts: () => (ready.length === 0 ? upstreams.fronts() : ready) };
}

const PROBE_MS = 2_000;
