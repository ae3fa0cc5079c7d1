import { formatFigure, formatRatio } from './format-figure.js';
import type { BenchResult, LineResult, RowResult } from './result.js';

/** The whole result: the machine, one table of all rows, and how each was measured. */
export function formatTable(result: BenchResult): string {
  const { machine, settings, loadPerCore, rows, failures } = result;
  const kind = settings.isQuick ? 'quick run' : 'full run';
  return [
    `# Bench, ${result.at.slice(0, 10)} (${kind})`,
    '',
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, Redis ${machine.redis}, commit ${machine.commit}.`,
    `${settings.repeats} repeats of ${settings.seconds} s under load, ${settings.warmUpSeconds} s of warm-up, unless a row says otherwise; the median counts.`,
    `Load generator, servers, Redis and databases share the machine. Runnable processes per core: ${loadPerCore.before.toFixed(2)} before, ${loadPerCore.after.toFixed(2)} at the end.`,
    ...(isDisturbed(result) ? ['', `**${DISTURBED}**`] : []),
    '',
    '| row | target | median | spread | ratio | p50 / p95 / p99 ms | CPU µs per unit | RSS MiB | also |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.flatMap((row) => row.lines.map((line, index) => formatLine(row, line, index === 0))),
    '',
    '## How',
    '',
    ...rows.map(
      (row) => `- **${row.name}** (\`npm run bench -- ${row.measurement}\`; ${row.better} is better): ${row.question} ${row.method}`,
    ),
    ...Object.entries(failures).map(([name, reason]) => `- **${name}** failed: ${reason.split('\n')[0]}`),
    '',
  ].join('\n');
}

/** Whether something else had the cores before the bench began. */
export function isDisturbed({ loadPerCore }: Pick<BenchResult, 'loadPerCore'>): boolean {
  return loadPerCore.before > 0.5;
}

export const DISTURBED = 'Other work had this machine: absolute figures mean nothing, and ratios little.';

function formatLine(row: RowResult, line: LineResult, isFirst: boolean): string {
  const { latency, cpuUs, residentMiB } = line;
  const cells = [
    isFirst ? row.name : '',
    line.target,
    `${formatFigure(line.median)} ${row.unit}`,
    line.repeats.length === 1 ? 'once' : `${Math.round(line.spread * 100)} %`,
    formatRatio(line.ratio, line.comparedWith),
    latency === undefined ? '' : [latency.p50Ms, latency.p95Ms, latency.p99Ms].map(formatFigure).join(' / '),
    cpuUs === undefined ? '' : `${formatFigure(cpuUs)}${row.unitOfWork === undefined ? '' : ` per ${row.unitOfWork}`}`,
    residentMiB === undefined ? '' : formatFigure(residentMiB),
    Object.entries(line.also ?? {})
      .map(([name, value]) => `${name} ${typeof value === 'number' ? formatFigure(value) : value}`)
      .join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}
