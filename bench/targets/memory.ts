import { readFile } from 'node:fs/promises';

/** Resident memory of a process from /proc, MiB; NaN where there is no /proc. */
export async function residentMiB(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  return match === null ? Number.NaN : Math.round(Number(match[1]) / 1_024);
}
