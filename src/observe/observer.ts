/** What is handed to whoever has something to tell: a meter for how much and how long, an audit for who and what. */
import { type Audit, silentAudit } from './audit.js';
import { type Meter, silentMetrics } from './meter.js';

export interface Observer {
  readonly metrics: Meter;
  readonly audit: Audit;
}

export const silentObserver: Observer = { metrics: silentMetrics, audit: silentAudit };
