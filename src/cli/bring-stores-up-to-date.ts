import type { Hector } from '../runtime/hector.js';
import { IngestProgressView } from './ingest-progress.js';
import type { Terminal } from './terminal.js';

/** Ingests what changed, so that the answer rests on the documents as they are now. Stores without a change are not mentioned. */
export async function bringStoresUpToDate(
  hector: Pick<Hector, 'ingest'>,
  storeNames: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (storeNames.length === 0) return;
  const view = new IngestProgressView(terminal.canRedraw ? terminal : { ...terminal, writeError: () => undefined });
  try {
    const result = await hector.ingest(storeNames, (progress) => view.update(progress), signal);
    const summary = view.finish(result);
    if (result.done + result.failed > 0) terminal.writeError(summary);
    for (const warning of result.warnings ?? []) terminal.writeError(`warning: ${warning}\n`);
  } finally {
    view.clear();
  }
}
