import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Something that answers A2A, running in its own process. */
export interface Target {
  /** Name in the results. */
  readonly name: string;
  start(): Promise<RunningTarget>;
}

export interface RunningTarget {
  /** JSON-RPC endpoint. */
  readonly url: string;
  readonly pid?: number | undefined;
  /** Resident memory of the process, MiB. */
  residentMiB(): Promise<number>;
  close(): Promise<void>;
}

/** Starts a Node program and waits until `readyUrl` answers 200. */
export async function startProgram(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly readyUrl: string },
): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  const deadline = performance.now() + 30_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${child.exitCode}:\n${errors}`);
    if (performance.now() > deadline) throw new Error(`${args.join(' ')} was not ready in 30 s:\n${errors}`);
    const ready = await fetch(options.readyUrl).then(
      (response) => response.status === 200,
      () => false,
    );
    if (ready) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
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
