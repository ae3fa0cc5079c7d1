import type { Clock } from '../../base/clock.js';

/** Looks again and again, soon at first, then every `POLL_MS`. @throws the signal's reason, and what `holds` throws */
export async function pollUntil(holds: () => Promise<boolean>, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<void> {
  for (let waitMs = FIRST_MS; !(await holds()); waitMs = Math.min(POLL_MS, waitMs * 1.5)) await clock.sleep(waitMs, signal);
}

const FIRST_MS = 10;
const POLL_MS = 200;
