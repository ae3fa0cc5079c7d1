/** What processes use, from /proc; NaN where there is none. */
import { readdir, readFile } from 'node:fs/promises';

/** `sysconf(_SC_CLK_TCK)` is 100 wherever Node runs on Linux. */
const MS_PER_TICK = 10;

/** Since they began. Smallest step: 10 ms. */
export async function cpuMsOf(pids: readonly number[]): Promise<number> {
  let ticks = pids.length === 0 ? Number.NaN : 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    ticks += Number(user) + Number(system);
  }
  return ticks * MS_PER_TICK;
}

export async function residentMiBOf(pids: readonly number[]): Promise<number> {
  let kib = pids.length === 0 ? Number.NaN : 0;
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  }
  return Math.round(kib / 1_024);
}

/** Those that were started with this text in their command line, such as a private Redis with the folder of its socket. */
export async function findPidsWith(text: string): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  const found: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    // Gone meanwhile, or somebody else's.
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(Number(name));
  }
  return found;
}
