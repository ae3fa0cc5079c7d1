/** The record of a collection as text: its position, and how long its vectors are. */
import { isJsonObject } from '../../../base/json.js';
import type { CollectionPosition } from '../contract.js';

export interface PositionRecord {
  readonly position: CollectionPosition;
  readonly dimension: number;
}

export function writeRecord({ position, dimension }: PositionRecord): string {
  return JSON.stringify({ ...position, dimension });
}

/** `undefined` for what is no record: the collection's filling never began, or somebody else has written there. */
export function readRecord(text: string): PositionRecord | undefined {
  const value = parse(text);
  if (!isJsonObject(value)) return undefined;
  const { source, version, dimension, unsettled } = value;
  if (typeof source !== 'string' || !isCount(version) || !isCount(dimension)) return undefined;
  if (unsettled === undefined) return { position: { source, version }, dimension };
  if (!isJsonObject(unsettled)) return undefined;
  const { from, mark } = unsettled;
  return isCount(from) && typeof mark === 'string' ? { position: { source, version, unsettled: { from, mark } }, dimension } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Says nothing: as if there were none.
    return undefined;
  }
}
