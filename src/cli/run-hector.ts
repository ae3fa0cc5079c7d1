import type { Settings } from '../config/settings.js';
import { createLogger } from '../observe/log.js';
import type { Hector, Role, StartOptions } from '../runtime/hector.js';
import { listenForStrayRejections } from '../runtime/stray-rejections.js';
import type { CliContext } from './command.js';
import { StopBudget } from './stop-budget.js';
import { INTERRUPTED, type StopSignal } from './stop-signal.js';

/** Starts Hector, runs `use`, and closes it whatever happened; the first stop signal reaches `use` as `signal`. */
export async function runHector(
  context: CliContext,
  settings: Settings,
  roles: ReadonlySet<Role>,
  use: (hector: Hector, signal: AbortSignal) => Promise<number>,
  options: Pick<StartOptions, 'ownKey' | 'config' | 'watches'> = {},
): Promise<number> {
  const start = await context.loadStartHector();
  const stop: StopSignal = context.listenForStop();
  const budget = new StopBudget(stop.signal, settings.server.shutdownTimeoutMs);
  try {
    const log = createLogger(settings.logger);
    const forgetStrays = listenForStrayRejections(log);
    const hector = await budget.within(start(settings, { roles, log, ...options })).catch((error: unknown) => {
      forgetStrays();
      throw error;
    });
    try {
      return await budget.within(use(hector, stop.signal));
    } catch (error) {
      if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
      return INTERRUPTED;
    } finally {
      budget.begin();
      await budget.within(hector.close()).finally(forgetStrays);
    }
  } finally {
    stop.dispose();
  }
}
