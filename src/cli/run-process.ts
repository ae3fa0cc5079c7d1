import { armFaultPointsFromEnvironment, processEnvironment } from '../config/environment.js';
import { nameSourceLines } from './name-source-lines.js';
import { runCli } from './run-cli.js';
import { listenForHangup, listenForStop } from './stop-signal.js';
import { processTerminal } from './terminal.js';

/** Runs one command line as this process and ends it with the command's exit code. */
export async function runProcess(argv: readonly string[]): Promise<never> {
  nameSourceLines();
  armFaultPointsFromEnvironment();
  const exitCode = await runCli(argv, {
    terminal: processTerminal(),
    environment: processEnvironment(),
    workingDirectory: process.cwd(),
    loadStartHector: async () => (await import('../compose.js')).startHector,
    loadInspectStores: async () => (await import('../compose.js')).inspectStores,
    listenForStop,
    listenForHangup,
  });
  // What was written to a pipe is still on its way.
  await Promise.all([process.stdout, process.stderr].map(flush));
  // Something that a library left open must not keep a finished command alive.
  process.exit(exitCode);
}

/** Also when nobody reads any more. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}
