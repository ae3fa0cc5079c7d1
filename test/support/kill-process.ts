import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** SIGKILL, where it has not ended by itself; resolves when it is gone. */
export async function killProcess(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
