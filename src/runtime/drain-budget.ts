import type { Settings } from '../config/settings.js';

type Timing = Pick<Settings, 'server'>;

/** The front drains before the worker does, since the worker finishes what the front waits for; what is left closes the stores. */
export function drainBudgetMs(settings: Timing): number {
  return (settings.server.shutdownTimeoutMs - drainDelayMs(settings)) * 0.45;
}

/** Counts as part of the time that everything has, so it never takes more than half of it. */
export function drainDelayMs({ server }: Timing): number {
  return Math.min(server.drainDelayMs, server.shutdownTimeoutMs / 2);
}
