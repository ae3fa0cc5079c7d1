import { isJsonObject } from '../base/json.js';
import { type Path, valueAt } from './path.js';
import type { Finding } from './problem.js';

/** What `server.tls` and `server.cors` need beyond the schema (CFG-81, CFG-82). */
export function checkFront(document: unknown): Finding[] {
  return [...checkTls(document), ...checkCors(document)];
}

function checkTls(document: unknown): Finding[] {
  const path: Path = ['server', 'tls'];
  const tls = valueAt(document, path);
  if (!isJsonObject(tls) || tls['enabled'] !== true) return [];
  const missing = ['cert_file', 'key_file'].filter((key) => tls[key] === '');
  const findings: Finding[] = missing.map((key) => ({ path: [...path, key], description: 'empty; TLS needs cert_file and key_file' }));
  if (valueAt(document, ['server', 'http']) === 'uws')
    findings.push({
      path: ['server', 'http'],
      description: 'uws, which cannot take over a new certificate; wanted auto or node while server.tls is enabled',
    });
  return findings;
}

/** API-66: any page could act with its visitors' cookies. One in a sandboxed frame has the origin null, whoever it is from. */
function checkCors(document: unknown): Finding[] {
  const path: Path = ['server', 'cors'];
  const cors = valueAt(document, path);
  if (!isJsonObject(cors) || cors['allow_credentials'] !== true) return [];
  return ANYBODYS.flatMap(([key, value]) => {
    const values = cors[key];
    const index = Array.isArray(values) ? values.indexOf(value) : -1;
    return index < 0
      ? []
      : [{ path: [...path, key, index], description: `${value}, with allow_credentials; wanted names, or allow_credentials: false` }];
  });
}

const ANYBODYS = [
  ['allowed_origins', '*'],
  ['allowed_origins', 'null'],
  ['allowed_headers', '*'],
] as const;
