import t from 'tap';
import { findRetryAfterMs, parseDurationMs } from '../../../../src/providers/llms/retry-after.js';

t.test('durations in every form that providers send (W-64)', async (t) => {
  t.same(['1m30s', '90s', '6ms', '1h2m3.5s', '20', '0.5', '1d', '', 'soon', '1m30'].map(parseDurationMs), [
    90_000,
    90_000,
    6,
    3_723_500,
    20_000,
    500,
    86_400_000,
    undefined,
    undefined,
    undefined,
  ]);
});

t.test('retry-after-ms wins over retry-after, which wins over the windows of the rate (LLM-03)', async (t) => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  const find = (headers: Record<string, string>) => findRetryAfterMs(new Headers(headers), now);
  t.equal(find({ 'retry-after-ms': '250', 'retry-after': '9' }), 250);
  t.equal(find({ 'retry-after': '9', 'x-ratelimit-reset-requests': '1m30s' }), 9_000);
  t.equal(find({ 'retry-after': 'Fri, 02 Jan 2026 03:04:35 GMT' }), 30_000);
  t.equal(find({ 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }), 0);
  t.equal(find({ 'x-ratelimit-reset-requests': '2s', 'x-ratelimit-reset-tokens': '1m30s' }), 90_000);
  t.equal(find({}), undefined);
  t.equal(findRetryAfterMs(undefined, now), undefined);
});

t.test("Anthropic's windows count once they are used up, by the time that they reopen (LLM-03)", async (t) => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  const window = (name: string, remaining: string, reset: string) => ({
    [`anthropic-ratelimit-${name}-remaining`]: remaining,
    [`anthropic-ratelimit-${name}-reset`]: reset,
  });
  const headers = new Headers({
    ...window('requests', '12', '2026-01-02T03:09:05Z'),
    ...window('input-tokens', '0', '2026-01-02T03:04:35Z'),
    ...window('output-tokens', '0', '2026-01-02T03:04:15Z'),
  });
  t.equal(findRetryAfterMs(headers, now), 30_000);
});
