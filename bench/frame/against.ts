/** Two results side by side. Ratios within a run may be compared between runs; absolute figures only on one quiet machine. */
import { formatFigure } from './format-figure.js';
import type { BenchResult, LineResult } from './result.js';

export interface Comparison {
  readonly lines: readonly string[];
  /** Ratios that fell by more than `MAX_FALL`, in words. */
  readonly regressions: readonly string[];
}

export function compareResults(now: BenchResult, before: BenchResult): Comparison {
  const lines: string[] = [];
  const regressions: string[] = [];
  for (const row of now.rows) {
    const old = before.rows.find(({ name }) => name === row.name);
    for (const line of row.lines) {
      const name = `${row.name}, ${line.target}`;
      const was = old?.lines.find(({ target }) => target === line.target);
      if (was === undefined) {
        lines.push(`${name}: new`);
        continue;
      }
      const change = `${formatFigure(was.median)} → ${formatFigure(line.median)} ${row.unit}`;
      const gain = gainOf(line, was, row.better);
      lines.push(
        gain === undefined ? `${name}: ${change}` : `${name}: ${change}, against its peer ×${formatFigure(gain)} as good as before`,
      );
      if (gain !== undefined && gain < 1 - MAX_FALL)
        regressions.push(
          `${name}: ×${formatFigure(was.ratio as number)} of ${line.comparedWith} became ×${formatFigure(line.ratio as number)}`,
        );
    }
  }
  return { lines, regressions };
}

/** Above 1: better than before. `undefined` without a peer that both had. */
function gainOf(line: LineResult, was: LineResult, better: 'higher' | 'lower'): number | undefined {
  if (line.ratio === undefined || was.ratio === undefined || line.comparedWith !== was.comparedWith) return undefined;
  return better === 'higher' ? line.ratio / was.ratio : was.ratio / line.ratio;
}

/** What a busy machine of others may do to a ratio is less. */
export const MAX_FALL = 0.3;
