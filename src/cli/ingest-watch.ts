import { systemClock } from '../base/clock.js';
import { type IngestRun, isOpen } from '../knowledge/runs/ingest-run.js';
import type { Hector } from '../runtime/hector.js';
import { INTERRUPTED } from './stop-signal.js';
import type { Terminal } from './terminal.js';

/** `hector ingest --watch`: a line for every run that ends with something done, until somebody stops it. */
export async function watchStores(hector: Hector, terminal: Terminal, signal: AbortSignal): Promise<number> {
  terminal.writeError('Watching for changes; press Ctrl-C to end.\n');
  const list = async () => (await hector.listIngestRuns?.(SHOWN)) ?? [];
  const told = new Set((await list()).filter((run) => !isOpen(run)).map(({ id }) => id));
  while (!signal.aborted) {
    await systemClock.sleep(LOOK_MS, signal).catch(() => undefined);
    if (signal.aborted) break;
    for (const run of [...(await list())].reverse()) {
      if (isOpen(run) || told.has(run.id)) continue;
      told.add(run.id);
      const line = formatRun(run);
      if (line !== undefined) terminal.write(line);
    }
  }
  return INTERRUPTED;
}

function formatRun({ store, state, error, done, removed, failed, chunks }: IngestRun): string | undefined {
  if (state === 'failed') return `${store}: failed: ${error?.message ?? ''}\n`;
  if (done + removed + failed === 0) return undefined;
  return `${store}: ${done} indexed (${chunks} chunks), ${removed} removed, ${failed} failed\n`;
}

const LOOK_MS = 500;
const SHOWN = 20;
