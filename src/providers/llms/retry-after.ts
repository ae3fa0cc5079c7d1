/** Waits from now, OpenAI's. */
const RESET_HEADERS = ['x-ratelimit-reset-requests', 'x-ratelimit-reset-tokens'];

/** Anthropic's windows: `…-reset` is a time, which counts once `…-remaining` is 0. */
const WINDOWS = ['requests', 'tokens', 'input-tokens', 'output-tokens'].map((name) => `anthropic-ratelimit-${name}`);

/**
 * How long a provider asks us to wait, in milliseconds (LLM-03): `retry-after-ms`, `retry-after` (seconds or an HTTP
 * date), else the latest of the rate windows' resets (`1m30s`, `500ms`, `20`, or a time). `undefined` when it does not say.
 */
export function findRetryAfterMs(headers: Pick<Headers, 'get'> | undefined, nowMs: number): number | undefined {
  if (headers === undefined) return undefined;
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (Number.isFinite(milliseconds)) return milliseconds;
  const retryAfter = headers.get('retry-after')?.trim();
  if (retryAfter) {
    if (/^\d+(\.\d+)?$/.test(retryAfter)) return Number(retryAfter) * 1000;
    const date = Date.parse(retryAfter);
    if (Number.isFinite(date)) return Math.max(0, date - nowMs);
  }
  const resets = [
    ...RESET_HEADERS.map((name) => parseDurationMs(headers.get(name) ?? '')),
    ...WINDOWS.filter((name) => headers.get(`${name}-remaining`) === '0').map((name) => findWaitMs(headers.get(`${name}-reset`), nowMs)),
  ].filter((value) => value !== undefined);
  return resets.length === 0 ? undefined : Math.max(...resets);
}

function findWaitMs(time: string | null, nowMs: number): number | undefined {
  const date = Date.parse(time ?? '');
  return Number.isFinite(date) ? Math.max(0, date - nowMs) : undefined;
}

/** `1h2m3.5s`, `90s`, `6ms`, or a bare number of seconds. */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000;
  if (!/^(?:\d{1,15}(?:\.\d{1,15})?(?:ms|h|m|s|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d{1,15}(?:\.\d{1,15})?)(ms|h|m|s|d)/g))
    total += Number(amount) * (UNIT_MS[unit as string] as number);
  return total;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
