/** How a document store is, from what its documents and runs have come to (RAG-38). */
import type { DocumentCounts, IngestRun } from './runs/ingest-run.js';

/** `degraded`: it answers, and something of it is missing or old. `unhealthy`: what it answers cannot be brought up to date, or is nothing. */
export type StoreHealth = 'healthy' | 'degraded' | 'unhealthy';

export interface StoreFacts {
  readonly counts: DocumentCounts;
  /** That has not ended, the oldest. */
  readonly open: IngestRun | undefined;
  /** That has ended otherwise than by being canceled. */
  readonly last: IngestRun | undefined;
  /** Why the index does not follow; `undefined`: nothing is known against it. */
  readonly indexFailure: string | undefined;
  readonly now: number;
}

export function judgeStore({ counts, open, last, indexFailure, now }: StoreFacts): {
  readonly health: StoreHealth;
  readonly reason: string | undefined;
} {
  if (open !== undefined && open.state === 'queued' && now - open.createdAt > UNTAKEN_MS)
    return { health: 'unhealthy', reason: 'no process with the role ingest takes its run' };
  if (open !== undefined && open.state !== 'queued' && now - open.updatedAt > STUCK_MS)
    return { health: 'unhealthy', reason: `its run has got nowhere for ${Math.round((now - open.updatedAt) / 60_000)} minutes` };
  if (last?.error !== undefined) return { health: 'unhealthy', reason: `its last run failed: ${last.error.message}` };
  if (indexFailure !== undefined) return { health: 'unhealthy', reason: `its index does not follow its documents: ${indexFailure}` };
  if (counts.failed > 0)
    return {
      health: counts.indexed === 0 && counts.chunks === 0 ? 'unhealthy' : 'degraded',
      reason: `${counts.failed} ${counts.failed === 1 ? 'document has' : 'documents have'} failed`,
    };
  if (last === undefined) return { health: 'degraded', reason: 'it has not been indexed yet' };
  if (counts.pending > 0 && open === undefined) return { health: 'degraded', reason: `${counts.pending} documents wait for a run` };
  return { health: 'healthy', reason: undefined };
}

const UNTAKEN_MS = 30_000;
const STUCK_MS = 300_000;
