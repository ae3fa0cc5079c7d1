import { isRunnable } from '../../../protocol/task-state.js';
import type { StoredTask } from './rows.js';

/** R2, R3: whether the worker that names this epoch and step still has the run. One that is held (CHK-08), or waits for its children, is in nobody's hands. */
export function isInHands({ record }: StoredTask, { epoch, step }: { readonly epoch: number; readonly step?: number }): boolean {
  const isCurrent = record.epoch === epoch && (step === undefined || record.step === step);
  return isCurrent && isRunnable(record.state) && record.heldSince === undefined && (record.openChildren ?? 0) === 0;
}
