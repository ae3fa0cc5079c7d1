// `npm run dev`: compiles on every change and restarts `hector serve` after each compile without errors.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bundle } from './setup/bundle.mjs';
import { ROOT, runEntry, setUp } from './setup.mjs';

const STOP_LIMIT_MS = 10_000;

/** Owns the one running server: a restart waits until the old one is gone, so that they never meet on a port. */
class DevServer {
  #child;
  #restarting = false;
  #wanted = false;

  async restart() {
    this.#wanted = true;
    if (this.#restarting) return;
    this.#restarting = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.stop();
      this.#start();
    }
    this.#restarting = false;
  }

  #start() {
    const child = spawn(process.execPath, ['dist/bundle/main.js', 'serve', ...process.argv.slice(2)], {
      cwd: ROOT,
      stdio: 'inherit',
    });
    this.#child = child;
    child.once('error', (error) => console.error(`dev: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      console.log(`dev: the server ended (${signal ?? `code ${code}`}); it starts again after the next change`);
    });
  }

  async stop() {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(timer);
  }
}

async function restart(server) {
  const { ok, output } = await bundle(ROOT);
  if (ok) await server.restart();
  else console.error(`dev: ${output}`);
}

async function main() {
  await setUp();
  const server = new DevServer();
  const compiler = spawn(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.', '--watch', '--preserveWatchOutput'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  compiler.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    if (text.includes('Found 0 errors')) void restart(server);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => compiler.kill('SIGTERM'));
  await new Promise((resolve) => compiler.once('exit', resolve));
  await server.stop();
  return 0;
}

await runEntry(main);
