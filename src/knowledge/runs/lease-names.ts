/** Leases of ingestion: who conducts a store's runs, who works on a batch. They make it quick; epochs in SQL make it safe. */
import { sha256Hex } from '../../base/json.js';

export function storeLease(store: string): string {
  return `ingest.${sha256Hex(store).slice(0, 40)}`;
}

export function batchLease(run: string, number: number): string {
  return `ingest.${run}.${number}`;
}
