import { formatFigure, formatRatio } from './format-figure.js';
import type { BenchResult } from './result.js';

/** A bar per line, as long as its share of the row's largest; a thin line from the least repeat to the most. */
export function formatChart({ at, machine, rows }: BenchResult): string {
  const parts: string[] = [];
  let y = 44;
  for (const row of rows) {
    parts.push(text(MARGIN, y, `${row.name} (${row.unit}, ${row.better} is better)`, 'bold'));
    y += 8;
    const most = Math.max(...row.lines.flatMap((line) => line.repeats));
    for (const line of row.lines) {
      const scale = (value: number) => Math.max(0, (value / most) * BAR_WIDTH) || 0;
      parts.push(text(MARGIN, y + 12, line.target));
      parts.push(
        `<rect x="${NAME_WIDTH}" y="${y + 2}" width="${scale(line.median).toFixed(1)}" height="12" rx="2" fill="${line.comparedWith === undefined ? '#94a3b8' : '#2563eb'}"/>`,
      );
      const [least, highest] = [Math.min(...line.repeats), Math.max(...line.repeats)].map((value) => NAME_WIDTH + scale(value));
      parts.push(`<path d="M${least?.toFixed(1)} ${y + 8}H${highest?.toFixed(1)}" stroke="#0f172a"/>`);
      const label = [formatFigure(line.median), formatRatio(line.ratio, line.comparedWith)].filter((part) => part !== '').join('  ');
      parts.push(text((highest ?? NAME_WIDTH) + 6, y + 12, label));
      y += LINE_HEIGHT;
    }
    y += 22;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(MARGIN, 20, `Bench, ${at.slice(0, 10)}: ${machine.cores} cores, ${machine.cpu}, Node ${machine.node}`, 'bold'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, weight = 'normal'): string {
  return `<text x="${x.toFixed(1)}" y="${y}" font-weight="${weight}" fill="#0f172a">${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const WIDTH = 1_000;
const MARGIN = 12;
const NAME_WIDTH = 280;
const BAR_WIDTH = 460;
const LINE_HEIGHT = 17;
