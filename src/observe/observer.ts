/** What is handed to whoever has something to tell: a meter for how much and how long, an audit for who and what. */
import { AppError } from '../base/errors.js';
import { type Audit, silentAudit } from './audit.js';
import { type Meter, silentMetrics } from './meter.js';

export interface Observer {
  readonly metrics: Meter;
  readonly audit: Audit;
}

export const silentObserver: Observer = { metrics: silentMetrics, audit: silentAudit };

/** What a failure is called in a label or a record: its code, of which there are few. */
export function errorType(error: unknown): string {
  return error instanceof AppError ? error.code : 'INTERNAL';
}
