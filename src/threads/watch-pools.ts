import type { Metrics } from '../observe/meter.js';
import type { ThreadPools } from './pools.js';

/** How busy the threads are, among the metrics. */
export function watchPools(metrics: Metrics, pools: Pick<ThreadPools, 'read'>): void {
  metrics.watch(['thread_pool_threads', 'thread_pool_waiting', 'thread_pool_utilization'], () => {
    for (const { name: pool, threads, waiting, utilization } of pools.read()) {
      metrics.set('thread_pool_threads', { pool }, threads);
      metrics.set('thread_pool_waiting', { pool }, waiting);
      metrics.set('thread_pool_utilization', { pool }, utilization);
    }
  });
}
