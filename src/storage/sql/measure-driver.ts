/** A database driver whose reads and transactions are counted, and stand in the trace (OBS-15, OBS-30). */
import type { Clock } from '../../base/clock.js';
import { measured } from '../../observe/measured.js';
import type { Meter } from '../../observe/meter.js';
import { withSpan } from '../../observe/trace.js';
import type { Driver } from './dialects/dialect.js';

export interface MeasureOptions {
  /** Key in `databases`. */
  readonly database: string;
  readonly system: string;
  readonly metrics: Meter;
  readonly clock: Clock;
}

export function measureDriver(driver: Driver, { database, system, metrics, clock }: MeasureOptions): Pick<Driver, 'transact' | 'read'> {
  const run = <T>(operation: 'read' | 'write', work: () => Promise<T>): Promise<T> =>
    withSpan(`hector.db.${operation}`, { 'db.system': system, 'db.namespace': database }, () =>
      measured(clock, work, (seconds, error_type) => {
        metrics.observe('db_query_duration_seconds', { database, operation }, seconds);
        if (error_type === undefined) return;
        metrics.count('db_errors_total', { database, error_type });
        metrics.count('errors_total', { component: 'db', error_type });
      }),
    );
  return {
    transact: (program, maxWaitMs) => run('write', () => driver.transact(program, maxWaitMs)),
    read: (query) => run('read', () => driver.read(query)),
  };
}
