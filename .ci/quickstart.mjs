// `npm run quickstart`: set-up, then Hector's own quickstart command with the arguments given here.
import { spawn } from 'node:child_process';
import { SetupError } from './run-command.mjs';
import { ROOT, runEntry, setUp } from './setup.mjs';

async function main() {
  const { built, missing } = await setUp();
  if (!built.ok) throw new SetupError(`the sources do not compile:\n${built.output}`);
  if (missing.length > 0 && !process.env.REDIS_URL) {
    throw new SetupError(`Redis is needed: ${missing[0].command}, or set REDIS_URL to one that runs`);
  }
  return runForeground(['dist/bundle/main.js', 'quickstart', ...process.argv.slice(2)]);
}

/** Hands the terminal to the child and its exit code back. */
function runForeground(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  // A terminal sends Ctrl-C to the child by itself; sent twice it would mean "now, without draining".
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

await runEntry(main);
