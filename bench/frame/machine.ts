import { execFileSync } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
  readonly commit: string;
}

export function machineFacts(): MachineFacts {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    redis: /v=([\d.]+)/.exec(ask('redis-server', '--version'))?.[1] ?? 'unknown',
    commit: ask('git', 'rev-parse', '--short', 'HEAD'),
  };
}

/** Runnable processes per core in the last minute: above one before the bench began, somebody else is at work. */
export function loadPerCore(): number {
  return (loadavg()[0] as number) / cpus().length;
}

function ask(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
