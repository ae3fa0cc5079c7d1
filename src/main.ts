#!/usr/bin/env node
/** The executable. `compose.ts` is loaded only by commands that run the system. */
import { listenForStop } from './cli/stop-signal.js';
import { processTerminal } from './cli/terminal.js';
import { runCli } from './cli/run-cli.js';
import { armFaultPointsFromEnvironment, processEnvironment } from './config/environment.js';

armFaultPointsFromEnvironment();
const exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  environment: processEnvironment(),
  workingDirectory: process.cwd(),
  loadStartHector: async () => (await import('./compose.js')).startHector,
  listenForStop,
});
// Something that a library left open must not keep a finished command alive.
process.exit(exitCode);
