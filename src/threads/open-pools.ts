import type { Closers } from '../base/closers.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/meter.js';
import { createThreadPools, type ThreadPools } from './pools.js';
import { watchPools } from './watch-pools.js';

/** The pools of a process, counted, and closed with it. */
export function openPools({ log, closers, metrics }: OpenPoolsOptions): ThreadPools {
  const pools = createThreadPools({ log });
  watchPools(metrics, pools);
  closers.add(() => pools.close());
  return pools;
}

export interface OpenPoolsOptions {
  readonly log: Logger;
  readonly closers: Closers;
  readonly metrics: Metrics;
}
