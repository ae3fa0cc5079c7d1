import type { IngestMode } from '../knowledge/runs/ingest-run.js';
import type { PlannedAct } from '../knowledge/runs/plan-ingest.js';
import type { Hector } from '../runtime/hector.js';
import { formatColumns } from './format-answer.js';
import type { Terminal } from './terminal.js';

/** `hector ingest --dry-run`: a line for every document that would not stay as it is, then the counts of each store. */
export async function planStores(
  hector: Hector,
  { names, mode }: { readonly names: readonly string[]; readonly mode: IngestMode | undefined },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  for (const name of names) {
    const tell = ({ id, act }: { readonly id: string; readonly act: PlannedAct }) =>
      terminal.write(formatColumns([[act, name, id]], WIDTHS));
    const counts = await hector.planIngest?.(name, mode, tell, signal);
    if (counts === undefined) continue;
    const { add, update, remove, fail, keep } = counts;
    terminal.write(`${name}: ${add} to add, ${update} to update, ${remove} to remove, ${fail} failed, ${keep} unchanged\n`);
  }
  return 0;
}

/** Of act and store. */
const WIDTHS = [6, 16];
