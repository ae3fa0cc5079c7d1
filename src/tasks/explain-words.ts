/** Times and durations as people read them. */
import { isoTime } from '../base/clock.js';

/** `2026-01-05T10:00:00.000Z (3.2 s ago)`, `… (in 4 min)`. */
export function describeTime(at: number, now: number): string {
  return `${isoTime(at)} (${at > now ? `in ${describeAge(at - now)}` : `${describeAge(now - at)} ago`})`;
}

/** `850 ms`, `3.2 s`, `4 min`, `2.5 h`, `3 d`. */
export function describeAge(ms: number): string {
  const positive = Math.max(0, Math.round(ms));
  if (positive < 1_000) return `${positive} ms`;
  if (positive < 60_000) return `${Math.floor(positive / 100) / 10} s`;
  if (positive < 3_600_000) return `${Math.floor(positive / 60_000)} min`;
  if (positive < 172_800_000) return `${Math.floor(positive / 360_000) / 10} h`;
  return `${Math.floor(positive / 86_400_000)} d`;
}

/** `once`, `7 times`. */
export function describeTimes(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
