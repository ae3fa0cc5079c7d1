const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `500ms`, `1.5s`, `2m30s`; a bare number is milliseconds. Anything else gives `undefined`. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  if (!/^(?:\d{1,15}(?:\.\d{1,15})?(?:ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let milliseconds = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d{1,15}(?:\.\d{1,15})?)(ms|s|m|h|d)/g)) {
    milliseconds += Number(amount) * (UNITS[unit as string] as number);
  }
  return Math.round(milliseconds);
}

/** The pattern of what `parseDuration` reads beside bare numbers. */
export const DURATION_PATTERN = '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$';
