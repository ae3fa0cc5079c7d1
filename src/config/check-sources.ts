import { isJsonObject, type JsonObject } from '../base/json.js';
import { NEEDED_KEYS, SOURCE_KEYS } from './keys/document-sources.js';
import { type Path, valueAt } from './path.js';
import type { Finding } from './problem.js';
import type { SourceType } from './source-settings.js';

/** Keys of sources that do not belong to their type, are missing, or contradict each other (RAG-01…08). */
export function checkSources(document: unknown): Finding[] {
  const stores = valueAt(document, ['document_stores']);
  if (!isJsonObject(stores)) return [];
  return Object.entries(stores).flatMap(([name, store]) => {
    const source = isJsonObject(store) ? store['source'] : undefined;
    if (!isJsonObject(source) || !Object.hasOwn(SOURCE_KEYS, String(source['type']))) return [];
    const path: Path = ['document_stores', name, 'source'];
    const { sql, api } = source;
    return [
      ...checkKeys(source, source['type'] as SourceType, path),
      ...(isJsonObject(sql) ? checkSql(sql, [...path, 'sql']) : []),
      ...(isJsonObject(api) ? checkApi(api, [...path, 'api']) : []),
      ...(isJsonObject(source['s3']) ? checkS3(source['s3'], [...path, 's3']) : []),
    ];
  });
}

function checkKeys(source: JsonObject, type: SourceType, path: Path): Finding[] {
  const types = Object.entries(SOURCE_KEYS) as readonly (readonly [string, readonly string[]])[];
  const foreign = Object.keys(source).flatMap((key): Finding[] => {
    const owners = types.flatMap(([owner, keys]) => (keys.includes(key) ? [owner] : []));
    if (owners.length === 0 || owners.includes(type)) return [];
    return [
      {
        path: [...path, key],
        description: `only sources of 'type: ${owners.join("' or 'type: ")}' have it, and this one is of 'type: ${type}'`,
      },
    ];
  });
  const needed = NEEDED_KEYS[type];
  const missing = source[needed] === undefined ? [{ path: [...path, needed], description: `missing; 'type: ${type}' needs it` }] : [];
  return [...foreign, ...missing];
}

function checkSql(sql: JsonObject, path: Path): Finding[] {
  const { query, tables } = sql;
  const report = (key: string, description: string): Finding => ({ path: [...path, key], description });
  const list = Array.isArray(tables) ? tables.filter(isJsonObject) : [];
  const findings: Finding[] = [];
  if (query === '' && list.length === 0) findings.push(report('tables', 'missing; wanted a list of tables, or a query'));
  if (query !== '' && list.length > 0) findings.push(report('query', 'there are tables, too; wanted one of both'));
  if (query !== '' && list.length === 0 && Array.isArray(sql['content_columns']) && sql['content_columns'].length === 0)
    findings.push(report('content_columns', 'missing; a query needs the names of the columns that hold the text'));
  if (query === '')
    for (const key of ['content_columns', 'metadata_columns'])
      if (Array.isArray(sql[key]) && sql[key].length > 0)
        findings.push(report(key, `belongs to query; for tables write ${key === 'content_columns' ? 'columns' : key} at each table`));
  const names = list.map(({ table }) => String(table).toLowerCase());
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index)
      findings.push({
        path: [...path, 'tables', index, 'table'],
        description: `'${name}' stands here twice, and its rows would be the same documents`,
      });
  return findings;
}

function checkApi(api: JsonObject, path: Path): Finding[] {
  const findings: Finding[] = [];
  const report = (keys: Path, description: string) => void findings.push({ path: [...path, ...keys], description });
  const { auth, pagination, method, body } = api;
  if (body !== undefined && method === 'GET') report(['body'], "is sent with 'method: POST' only; set that, or leave this out");
  if (isJsonObject(auth)) {
    const needed = { bearer: 'token', basic: 'username', apikey: 'api_key' }[String(auth['type'])];
    if (needed !== undefined && auth[needed] === '') report(['auth', needed], `missing; 'type: ${String(auth['type'])}' needs it`);
  }
  if (isJsonObject(pagination) && pagination['place'] === 'body' && method === 'GET')
    report(['pagination', 'place'], "a body is sent with 'method: POST' only; set that, or write query");
  return findings;
}

function checkS3(s3: JsonObject, path: Path): Finding[] {
  const { access_key: access, secret_key: secret } = s3;
  if ((access === '') === (secret === '')) return [];
  const missing = access === '' ? 'access_key' : 'secret_key';
  return [{ path: [...path, missing], description: 'missing; wanted both access_key and secret_key, or neither' }];
}
