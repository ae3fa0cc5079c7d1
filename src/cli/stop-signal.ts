/** SIGINT and SIGTERM for a command that runs on: the first asks it to end, the second ends it at once (CLI-52). */
export interface StopSignal {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

export function listenForStop(): StopSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

/** SIGHUP: look at the configuration again. The result ends it. */
export function listenForHangup(onHangup: () => void): () => void {
  process.on('SIGHUP', onHangup);
  return () => process.off('SIGHUP', onHangup);
}

/** Resolves when `signal` aborts. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Exit code of a command that somebody interrupted. */
export const INTERRUPTED = 130;
