/**
 * Tells when a key of a service may have changed. Owns: one reading or waiting request at a time.
 *
 * Nothing is missed: waiting starts where the reading before it stood, and after every loss the key is read again. Whoever watches is
 * called for what is there at the first reading, and at the first one after a loss.
 */
import { backoffMs } from '../../base/backoff.js';
import type { Clock } from '../../base/clock.js';
import { describeError } from '../../base/errors.js';
import type { RemoteReading, RemoteStore } from './remote-store.js';

export interface WatchRemoteOptions {
  readonly place: string;
  /** Within its time. */
  readonly get: (signal: AbortSignal) => Promise<RemoteReading>;
  readonly awaitChange: RemoteStore['awaitChange'];
  readonly onChange: () => void;
  readonly warn: (message: string) => void;
  readonly clock: Clock;
}

/** The result ends it; may be called twice. */
export function watchRemote({ place, get, awaitChange, onChange, warn, clock }: WatchRemoteOptions): () => void {
  const closing = new AbortController();
  const { signal } = closing;

  const run = async () => {
    let seen: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const { value, position } = await get(signal);
        if (signal.aborted) return;
        const revision = value?.revision ?? '';
        if (failures > 0) warn(`${place} can be watched again`);
        if (failures > 0 || revision !== seen) onChange();
        seen = revision;
        failures = 0;
        await waitAtMost(LONGEST_WAIT_MS, position);
        // Writes that follow each other at once are one change; and a service that never waits is not asked without end.
        await clock.sleep(SETTLE_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1) warn(`${place} cannot be watched, what was read last stays: ${describeError(error)}`);
        await clock.sleep(backoffMs(failures, BACKOFF), signal);
      }
    }
  };

  /** A connection that died without a word costs no more than this. */
  const waitAtMost = async (limitMs: number, position: string) => {
    const round = new AbortController();
    const onClose = () => round.abort();
    signal.addEventListener('abort', onClose, { once: true });
    const cancel = clock.after(limitMs, onClose);
    try {
      await awaitChange(position, round.signal);
    } catch (error) {
      if (!round.signal.aborted) throw error;
    } finally {
      cancel();
      signal.removeEventListener('abort', onClose);
    }
  };

  // Only sleeps that are cut short by the end reach this.
  run().catch(() => undefined);
  return () => closing.abort();
}

const LONGEST_WAIT_MS = 60_000;
const SETTLE_MS = 100;
const BACKOFF = { baseMs: 500, maxMs: 15_000 };
