/** Rows in requests within a service's limits; a request that is too large all the same goes in halves. */
import { hasCode } from '../../../base/errors.js';
import type { EncodedRow, ServiceLimits } from './vector-service.js';

export async function sendBatches(
  rows: readonly EncodedRow[],
  { rows: maxRows, bytes: maxBytes }: Pick<ServiceLimits, 'rows' | 'bytes'>,
  send: (batch: readonly EncodedRow[]) => Promise<void>,
): Promise<void> {
  let batch: EncodedRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(row.json);
    if (batch.length > 0 && (batch.length >= maxRows || bytes + rowBytes > maxBytes)) {
      await sendInHalves(batch, send);
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += rowBytes;
  }
  if (batch.length > 0) await sendInHalves(batch, send);
}

async function sendInHalves(batch: readonly EncodedRow[], send: (batch: readonly EncodedRow[]) => Promise<void>): Promise<void> {
  try {
    await send(batch);
  } catch (error) {
    if (batch.length === 1 || !hasCode(error, 'VECTOR_STORE_TOO_LARGE')) throw error;
    const half = Math.ceil(batch.length / 2);
    await sendInHalves(batch.slice(0, half), send);
    await sendInHalves(batch.slice(half), send);
  }
}
