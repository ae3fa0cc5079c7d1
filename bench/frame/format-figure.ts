/** Three digits that count, whatever the size. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return '?';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return value === 0 ? '0' : value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}

/** `×2.31 of a2a-js-sdk`. */
export function formatRatio(ratio: number | undefined, comparedWith: string | undefined): string {
  return ratio === undefined ? '' : `×${formatFigure(ratio)} of ${comparedWith}`;
}
