/** Keys whose changes a running process cannot follow (CFG-96). */
import { canonicalJson, isJsonObject } from '../base/json.js';
import { formatPath, type Path } from './path.js';
import { settingsToDocument } from './print-settings.js';
import type { Settings } from './settings.js';

/** Whatever of these has another value now, as paths of the file. */
export function findRestartKeys(running: Settings, wanted: Settings): readonly string[] {
  return compare(settingsToDocument(running), settingsToDocument(wanted), [])
    .filter((path) => needsRestart(path, wanted))
    .map(formatPath);
}

function compare(before: unknown, after: unknown, path: Path): readonly Path[] {
  // Canonical text has no member that is undefined.
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  if (!isJsonObject(before) || !isJsonObject(after)) return [path];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => compare(before[key], after[key], [...path, key]));
}

function needsRestart(path: Path, { rateLimiting }: Settings): boolean {
  const [root = '', section = '', key = ''] = path.map(String);
  // Its database is opened once, where limits are on.
  if (root === 'rate_limiting' && section === 'enabled') return rateLimiting.backend === 'sql';
  if (root !== 'server') return FIXED.has(root) || FIXED.has(`${root}.${section}`);
  return !LIVE_SERVER_KEYS.has(section) && !LIVE_SERVER_KEYS.has(`${section}.${key}`);
}

/** What is opened once. Of them runs take nothing from their own version of the configuration. */
const FIXED: ReadonlySet<string> = new Set([
  'state_directory',
  'redis',
  'databases',
  'storage',
  'queue',
  'observability',
  'logger',
  // Limits themselves are read with every request.
  'rate_limiting.backend',
  'rate_limiting.sql_database',
]);

/** What is read with every request, or belongs to a run's own version. */
const LIVE_SERVER_KEYS: ReadonlySet<string> = new Set([
  'auth',
  'cors',
  'studio',
  'card',
  'card_signing',
  'grpc_public_address',
  'a2a.assume_version',
  'a2a.close_on_input_required',
  'a2a.legacy',
  'limits.max_message_parts',
  'limits.max_tool_bytes',
  'approval.expires_after',
  'approval.expires_after_ms',
]);
