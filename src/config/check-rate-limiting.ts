import { isJsonObject } from '../base/json.js';
import { valueAt } from './path.js';
import type { Finding } from './problem.js';

/** Limits that would count the same twice, or nobody. */
export function checkRateLimiting(document: unknown): Finding[] {
  const limits = valueAt(document, ['rate_limiting', 'limits']);
  const rootScope = valueAt(document, ['rate_limiting', 'scope']);
  if (!Array.isArray(limits)) return [];
  const seen = new Map<string, number>();
  return limits.flatMap((limit: unknown, index): Finding[] => {
    if (!isJsonObject(limit)) return [];
    const path = ['rate_limiting', 'limits', index];
    const { type, window, scope } = limit;
    if (type === 'request' && scope === 'session')
      return [
        { path: [...path, 'scope'], description: 'session; a request that reads or cancels is of no session, wanted user or tenant' },
      ];
    const whom = scope ?? (type === 'request' && rootScope === 'session' ? 'user' : rootScope);
    const key = `${String(type)} ${String(window)} ${String(whom)}`;
    const first = seen.get(key);
    seen.set(key, first ?? index);
    return first === undefined
      ? []
      : [{ path, description: `the same type, window and scope as rate_limiting.limits[${first}]; wanted one of them` }];
  });
}
