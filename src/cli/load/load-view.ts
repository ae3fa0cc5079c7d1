/** What a load test measured, as people and as programs read it. */
import type { JsonObject, JsonValue } from '../../base/json.js';
import { formatColumns } from '../format-answer.js';
import type { LatencyFigures } from './latencies.js';
import type { LoadReport } from './run-load.js';

/** `title`: what was measured, in one line. */
export function formatLoad(title: string, report: LoadReport): string {
  const { generator, firstText, problems, unsent } = report;
  const rows = [
    ['', ...COLUMNS.map(([name]) => name)],
    ['latency', ...cells(report.latency)],
    ...(firstText === undefined ? [] : [['first text', ...cells(firstText)]]),
    ['on the wire', ...cells(report.onTheWire)],
    ['sent late by', ...cells(generator.late)],
  ];
  const failures = [
    ...Object.entries(problems).map(([problem, count]) => `  ${count} × ${problem}\n`),
    ...(unsent === 0 ? [] : [`  ${unsent} × never sent: too many were under way until the end\n`]),
  ];
  return [
    `${title}\n`,
    `${report.requests} answered in ${report.seconds.toFixed(1)} s (${report.perSecond.toFixed(1)}/s), ${report.errors} errors`,
    report.events === 0 ? '\n' : `, ${report.events} events\n`,
    ...failures,
    formatColumns(
      rows.map((row) => [row[0] ?? '', ...row.slice(1).map((cell) => cell.padStart(CELL))]),
      [12],
    ),
    ...(generator.busy > BUSY
      ? [`This process was busy ${Math.round(generator.busy * 100)} % of the time: the figures are partly its own.\n`]
      : []),
  ].join('');
}

export function toJson({ latency, onTheWire, firstText, generator, ...counts }: LoadReport): JsonObject {
  return {
    ...counts,
    latency: figures(latency),
    firstText: firstText === undefined ? null : figures(firstText),
    onTheWire: figures(onTheWire),
    generator: { late: figures(generator.late), busy: generator.busy },
  };
}

/** NaN has no place in JSON. */
function figures(latency: LatencyFigures): JsonObject {
  return Object.fromEntries(
    Object.entries(latency).map(([name, value]): [string, JsonValue] => [name, Number.isNaN(value) ? null : value]),
  );
}

function cells(latency: LatencyFigures): readonly string[] {
  return COLUMNS.map(([, key]) => (Number.isNaN(latency[key]) ? '-' : `${latency[key].toFixed(latency[key] < 100 ? 2 : 0)} ms`));
}

const COLUMNS = [
  ['p50', 'p50Ms'],
  ['p90', 'p90Ms'],
  ['p95', 'p95Ms'],
  ['p99', 'p99Ms'],
  ['p99.9', 'p999Ms'],
  ['max', 'maxMs'],
] as const;
const CELL = 10;
const BUSY = 0.8;
