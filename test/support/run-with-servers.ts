/** `node dist/test/support/run-with-servers.js -- command …`: runs a command beside one PostgreSQL and one MariaDB. */
import { spawn } from 'node:child_process';
import { findSkipReason, type ServerDialect, serverUrl, stopTestServers, testServers } from './test-servers.js';

const [command, ...args] = process.argv.slice(process.argv.indexOf('--') + 1);
if (!process.argv.includes('--') || command === undefined) {
  process.stderr.write('usage: run-with-servers -- command [arguments]\n');
  process.exit(2);
}

const environment: NodeJS.ProcessEnv = { ...process.env };
try {
  for (const dialect of Object.keys(testServers) as ServerDialect[]) {
    // Without the program, the tests themselves say what they skip.
    if (findSkipReason(dialect) === undefined) environment[testServers[dialect].variable] = await serverUrl(dialect);
  }
  process.exitCode = await run(command, args);
} finally {
  await stopTestServers();
}

function run(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env: environment });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}
