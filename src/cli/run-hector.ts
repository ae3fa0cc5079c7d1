import { type Clock, systemClock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import type { Settings } from '../config/settings.js';
import { createLogger } from '../observe/log.js';
import type { Hector, Role, StartOptions } from '../runtime/hector.js';
import { listenForStrayRejections } from '../runtime/stray-rejections.js';
import type { CliContext } from './command.js';
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
  try {
    const log = createLogger(settings.logger);
    const forgetStrays = listenForStrayRejections(log);
    const hector = await start(settings, { roles, log, ...options }).catch((error: unknown) => {
      forgetStrays();
      throw error;
    });
    try {
      return await use(hector, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
      return INTERRUPTED;
    } finally {
      await closeWithin(hector, settings.server.shutdownTimeoutMs).finally(forgetStrays);
    }
  } finally {
    stop.dispose();
  }
}

/** CLI-52: what is under way has this long to finish. */
export async function closeWithin(hector: Pick<Hector, 'close'>, timeoutMs: number, clock: Clock = systemClock): Promise<void> {
  const late = new AbortController();
  const timeout = clock.sleep(timeoutMs, late.signal).then(
    () => {
      throw new AppError('INTERNAL', {
        message: `shutting down took longer than ${timeoutMs} ms (server.shutdown_timeout_ms); ended with work under way, which another instance or the next start takes over`,
      });
    },
    () => undefined,
  );
  const closing = hector.close();
  // A close that fails after the budget is over has nobody left to report to.
  closing.catch(() => undefined);
  try {
    await Promise.race([closing, timeout]);
  } finally {
    late.abort();
  }
}
