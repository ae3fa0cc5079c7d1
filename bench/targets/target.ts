import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Something that answers, running in processes of its own. */
export interface Target {
  /** Name in the results. */
  readonly name: string;
  start(): Promise<RunningTarget>;
}

export interface RunningTarget {
  /** JSON-RPC endpoint. */
  readonly url: string;
  /** Its card, or whatever is fetched without a body. */
  readonly cardUrl: string;
  /** All that work for it, a private Redis included. */
  readonly pids: readonly number[];
  /** Of its SQLite database, where it has one. */
  readonly databasePath?: string;
  close(): Promise<void>;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** Answers 200 when it can be used. Default: it is not waited for. */
  readonly readyUrl?: string;
}

/** Starts a Node program, which ends with this process at the latest. */
export async function startProgram(args: readonly string[], { cwd, readyUrl }: ProgramOptions = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  const deadline = performance.now() + START_LIMIT_MS;
  while (readyUrl !== undefined) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${args.join(' ')} ended with ${child.exitCode}:\n${errors}`);
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${args.join(' ')} was not ready in ${START_LIMIT_MS} ms:\n${errors}`);
    }
    const isReady = await fetch(readyUrl).then(
      (response) => response.status === 200,
      () => false,
    );
    if (isReady) break;
    await sleep(READY_PERIOD_MS);
  }
  return child;
}

export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const START_LIMIT_MS = 60_000;
const READY_PERIOD_MS = 20;
