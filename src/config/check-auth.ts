import { isJsonObject } from '../base/json.js';
import { type Path, valueAt } from './path.js';
import type { Finding } from './problem.js';

/** What `server.auth` needs beyond the schema (SEC-07): settings that belong together, and keys that can be told apart. */
export function checkAuth(document: unknown): Finding[] {
  const path: Path = ['server', 'auth'];
  const auth = valueAt(document, path);
  if (!isJsonObject(auth) || auth['enabled'] !== true) return [];
  const keys = Array.isArray(auth['api_keys']) ? (auth['api_keys'] as readonly unknown[]) : [];
  const missing = TOKEN_KEYS.filter((key) => auth[key] === '');
  const findings: Finding[] = [];
  if (missing.length > 0 && missing.length < TOKEN_KEYS.length) {
    for (const key of missing)
      findings.push({ path: [...path, key], description: `empty; ${TOKEN_KEYS.join(', ')} are wanted together, or none of them` });
  } else if (missing.length > 0 && keys.length === 0) {
    findings.push({
      path: [...path, 'enabled'],
      description: `true, but nobody could show who they are; wanted ${TOKEN_KEYS.join(', ')}, or api_keys`,
    });
  }
  return [...findings, ...checkKeys(keys, [...path, 'api_keys'])];
}

function checkKeys(keys: readonly unknown[], path: Path): Finding[] {
  const findings: Finding[] = [];
  const seen: Record<'name' | 'hash' | 'key', Map<unknown, number>> = { name: new Map(), hash: new Map(), key: new Map() };
  for (const [index, entry] of keys.entries()) {
    if (!isJsonObject(entry)) continue;
    const own: Path = [...path, index];
    const { name, hash, key, subject, expires_at: expiresAt } = entry;
    if ((hash === undefined) === (key === undefined))
      findings.push({
        path: own,
        description: hash === undefined ? 'neither hash nor key; wanted one of them' : 'hash and key; wanted one of them',
      });
    // Whoever tries keys must not come to an end. A reference to a variable may be shorter, so the schema cannot say it.
    if (typeof key === 'string' && key.length < MIN_KEY_LENGTH)
      findings.push({
        path: [...own, 'key'],
        description: `the key has ${key.length} characters; wanted at least ${MIN_KEY_LENGTH}, such as hector auth hash-key makes`,
      });
    const who = subject ?? name;
    if (typeof who === 'string' && isReservedSubject(who))
      findings.push({
        path: [...own, subject === undefined ? 'name' : 'subject'],
        description: `'${who}' is kept for callers without a name; wanted another one`,
      });
    if (typeof expiresAt === 'string' && !ISO_TIME.test(expiresAt))
      findings.push({
        path: [...own, 'expires_at'],
        description: `'${expiresAt.slice(0, 40)}'; wanted a time with its zone, such as 2027-01-31T00:00:00Z`,
      });
    for (const member of ['name', 'hash', 'key'] as const) {
      const value = entry[member];
      if (value === undefined) continue;
      const first = seen[member].get(value);
      if (first === undefined) seen[member].set(value, index);
      else findings.push({ path: [...own, member], description: `the same as in server.auth.api_keys[${first}]` });
    }
  }
  return findings;
}

/** Owners that no credentials may name: what they own belongs to callers who are nobody, or to somebody of a tenant. */
export function isReservedSubject(subject: string): boolean {
  return subject === 'anonymous' || subject.startsWith('tenant:');
}

const TOKEN_KEYS = ['jwks_url', 'issuer', 'audience'] as const;
const MIN_KEY_LENGTH = 16;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
