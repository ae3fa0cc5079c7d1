/** Histories of consecutive seeds, until one breaks an invariant or all are done. */
import { type HistoryResult, runHistory } from './run-history.js';
import { SharedDatabase } from './world/shared-database.js';
import type { Mutant } from './world/world.js';

export interface RunOptions {
  readonly from: number;
  readonly histories: number;
  /** Every so many: 2 with `from` 1 runs the odd seeds. Default 1. */
  readonly stride?: number;
  readonly mutant?: Mutant;
  /** Called after each history. */
  readonly onProgress?: (summary: RunSummary) => void;
}

export interface RunSummary {
  /** Histories that were run. */
  histories: number;
  /** Things that happened in them. */
  events: number;
  seconds: number;
  readonly counts: Map<string, number>;
  /** The first history that broke an invariant; none was run after it. */
  broken: HistoryResult | undefined;
}

export async function runMany({ from, histories, stride = 1, mutant, onProgress }: RunOptions): Promise<RunSummary> {
  const startedAt = performance.now();
  const summary = startSummary();
  const database = await SharedDatabase.open();
  try {
    while (summary.histories < histories && summary.broken === undefined) {
      const seed = from + stride * summary.histories;
      const result = await runHistory(seed, { database, ...(mutant === undefined ? {} : { mutant }) });
      summary.histories += 1;
      summary.events += result.events;
      summary.seconds = (performance.now() - startedAt) / 1000;
      addCounts(summary.counts, result.counts);
      if (result.violation !== undefined) summary.broken = result;
      onProgress?.(summary);
    }
  } finally {
    await database.close();
  }
  return summary;
}

export function startSummary(): RunSummary {
  return { histories: 0, events: 0, seconds: 0, counts: new Map(), broken: undefined };
}

/** Joins what was run side by side. */
export function addSummary(total: RunSummary, share: RunSummary): void {
  total.histories += share.histories;
  total.events += share.events;
  total.broken ??= share.broken;
  addCounts(total.counts, share.counts);
}

function addCounts(total: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) total.set(name, (total.get(name) ?? 0) + count);
}

/** What whoever sees a broken history needs to see it again. */
export function describeBroken({ seed, violation, tail }: HistoryResult): string {
  return [
    `seed ${seed} breaks ${violation?.invariant}: ${violation?.message}`,
    ...tail,
    `again: node dist/test/simulator/main.js --seed ${seed} --trace`,
  ].join('\n');
}
