/**
 * Ends the groups of running commands when this process dies, even by SIGKILL: a shell holds the other end of a pipe and is told which
 * groups there are; at the pipe's end it kills those that are left.
 *
 * Owns: that one shell for all commands of this process, from the first command on; it ends with the process. Does not own: the groups.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

interface Watcher {
  readonly process: ChildProcess;
  readonly pipe: Writable;
}

const groups = new Set<number>();
let watcher: Watcher | undefined;

/** From when it resolves, the group ends with this process, until the returned function is called. */
export async function watchGroup(shell: string, group: number): Promise<() => void> {
  groups.add(group);
  watcher ??= startWatcher(shell);
  await tell(watcher, '+', group);
  return () => {
    groups.delete(group);
    if (watcher !== undefined) void tell(watcher, '-', group);
  };
}

function startWatcher(shell: string): Watcher {
  const child = spawn(shell, ['--noprofile', '--norc', '-c', SCRIPT], {
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const started: Watcher = { process: child, pipe: child.stdio[3] as Writable };
  // Without it a command still ends with its own call; only a sudden death would leave something behind. The next command tries again.
  const forget = () => {
    if (watcher === started) watcher = undefined;
  };
  child.on('error', forget);
  child.on('exit', forget);
  started.pipe.on('error', forget);
  child.unref();
  (started.pipe as Writable & { unref(): void }).unref();
  for (const group of groups) void tell(started, '+', group);
  return started;
}

/** Resolves when the system has it, and this process may die; also when there is nobody to tell. */
function tell({ pipe }: Watcher, sign: '+' | '-', group: number): Promise<void> {
  return new Promise((resolve) => pipe.write(`${sign} ${group}\n`, () => resolve()));
}

const SCRIPT = `declare -A groups
while read -r -u 3 sign group; do
  if [ "$sign" = + ]; then groups[$group]=1; else unset "groups[$group]"; fi
done
for group in "\${!groups[@]}"; do kill -KILL -- "-$group"; done`;
