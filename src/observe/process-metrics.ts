/**
 * How this process is: its event loop, memory and CPU, read when somebody asks.
 *
 * Owns: the histogram of the event loop's lag, until the result is called.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { readVersion } from '../base/version.js';
import type { Metrics } from './meter.js';

export function watchProcess(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let cpuSeconds = 0;
  let utilization = performance.eventLoopUtilization();
  metrics.set('build_info', { version: readVersion() }, 1);
  metrics.watch(
    [
      'event_loop_lag_seconds',
      'event_loop_utilization',
      'process_resident_memory_bytes',
      'process_heap_used_bytes',
      'process_start_time_seconds',
    ],
    () => {
      const lag = (quantile: string, nanoseconds: number) =>
        // The monitor's own timer is late by its resolution when nothing else is.
        metrics.set('event_loop_lag_seconds', { quantile }, Math.max(0, (nanoseconds || 0) / 1e9 - RESOLUTION_MS / 1_000));
      lag('0.5', delay.percentile(50));
      lag('0.99', delay.percentile(99));
      lag('1', delay.max);
      delay.reset();
      const now = performance.eventLoopUtilization();
      metrics.set('event_loop_utilization', {}, performance.eventLoopUtilization(now, utilization).utilization);
      utilization = now;
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1e6;
      metrics.count('process_cpu_seconds_total', {}, seconds - cpuSeconds);
      cpuSeconds = seconds;
      const { rss, heapUsed } = process.memoryUsage();
      metrics.set('process_resident_memory_bytes', {}, rss);
      metrics.set('process_heap_used_bytes', {}, heapUsed);
      metrics.set('process_start_time_seconds', {}, Math.round(performance.timeOrigin / 1_000));
    },
  );
  return () => void delay.disable();
}

const RESOLUTION_MS = 20;
