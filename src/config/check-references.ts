import { decodePercent } from '../base/decode-percent.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { checkAgents } from './check-agents.js';
import { findNearestName } from './nearest-name.js';
import type { Path } from './path.js';
import { valueAt } from './path.js';
import type { Finding } from './problem.js';

/**
 * Names that point at something that is not there (CFG-91), and values that do not fit each other. Runs on
 * documents that may hold other problems too, so that all of them are reported at once.
 */
export function checkReferences(document: unknown): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (path, description) => void findings.push({ path, description });

  const checkName = (path: Path, section: string, value: unknown = valueAt(document, path)) => {
    if (typeof value !== 'string' || value === '') return;
    const names = Object.keys(membersOf(document, section));
    if (names.includes(value)) return;
    const near = findNearestName(value, names);
    const known = names.length === 0 ? `'${section}' has no entry` : `'${section}' has ${names.join(', ')}`;
    report(path, `there is no '${value}' in '${section}'; ${near === undefined ? known : `did you mean '${near}'?`}`);
  };

  checkName(['defaults', 'llm'], 'llms');
  checkName(['defaults', 'agent'], 'agents');
  checkDefaultAgent(document, report);
  for (const key of [['database'], ['tasks', 'database'], ['sessions', 'database']]) checkName(['storage', ...key], 'databases');
  checkName(['rate_limiting', 'sql_database'], 'databases');
  checkMemory(document, report);
  checkName(['storage', 'memory', 'embedder'], 'embedders');
  for (const name of Object.keys(membersOf(document, 'tools'))) checkName(['tools', name, 'sampling_llm'], 'llms');
  const [tasksBackend = 'sql', sessionsBackend] = ['tasks', 'sessions'].map((part) => valueAt(document, ['storage', part, 'backend']));
  if (sessionsBackend !== undefined && sessionsBackend !== tasksBackend) {
    const wanted = `wanted ${String(tasksBackend)}, as storage.tasks.backend is, or nothing`;
    report(
      ['storage', 'sessions', 'backend'],
      `the value is ${String(sessionsBackend)}; ${wanted}: one without the other forgets half of a conversation`,
    );
  }
  for (const name of Object.keys(membersOf(document, 'document_stores'))) {
    checkName(['document_stores', name, 'vector_store'], 'vector_stores');
    checkName(['document_stores', name, 'embedder'], 'embedders');
    for (const step of ['hyde', 'multi_query', 'rerank']) checkName(['document_stores', name, 'search', `${step}_llm`], 'llms');
    checkWeights(['document_stores', name, 'search'], document, report);
    checkName(['document_stores', name, 'source', 'sql', 'database'], 'databases');
    checkChunking(['document_stores', name, 'chunking'], document, report);
    checkParsers(['document_stores', name, 'mcp_parsers'], document, report);
  }
  for (const [name, agent] of Object.entries(membersOf(document, 'agents'))) {
    const path: Path = ['agents', name];
    if (name === 'user') report(path, "'user' is the role of the person who asks and cannot name an agent; choose another name");
    if (agent.type !== 'custom' && agent.handler !== undefined) report([...path, 'handler'], "only agents of 'type: custom' have one");
    if (agent.llm !== undefined) checkName([...path, 'llm'], 'llms');
    else if (agent.type === 'llm' && valueAt(document, ['defaults', 'llm']) === undefined) {
      report(
        [...path, 'llm'],
        `missing, and there are several llms: ${Object.keys(membersOf(document, 'llms')).join(', ')}; name one, or set defaults.llm`,
      );
    }
    checkName([...path, 'context', 'summarizer_llm'], 'llms');
    const stores = agent.document_stores;
    if (Array.isArray(stores))
      for (const [index, store] of stores.entries()) checkName([...path, 'document_stores', index], 'document_stores', store);
  }
  findings.push(...checkAgents(membersOf(document, 'agents')));
  for (const [name, database] of Object.entries(membersOf(document, 'databases'))) checkDatabase(['databases', name], database, report);
  return findings;
}

/** CFG-76 */
function checkMemory(document: unknown, report: Report): void {
  const backend = valueAt(document, ['storage', 'memory', 'backend']);
  const embedder = valueAt(document, ['storage', 'memory', 'embedder']);
  if (backend === 'vector' && embedder === undefined)
    report(['storage', 'memory', 'embedder'], "missing; 'backend: vector' needs the name of an entry in 'embedders'");
  if (backend !== 'vector' && embedder !== undefined)
    report(['storage', 'memory', 'embedder'], "is read with 'backend: vector' only; set that, or leave this out");
}

type Report = (path: Path, description: string) => void;

const URL_SCHEMES: Readonly<Record<string, RegExp>> = {
  postgres: /^postgres(ql)?:\/\//,
  mysql: /^(mysql|mariadb):\/\//,
  sqlite: /^(sqlite|file):/,
};

function checkDatabase(path: Path, database: JsonObject, report: Report): void {
  const { driver, url, max_conns: maxConns, max_idle: maxIdle } = database;
  const scheme = typeof driver === 'string' && Object.hasOwn(URL_SCHEMES, driver) ? URL_SCHEMES[driver] : undefined;
  if (typeof url === 'string' && url !== '' && scheme !== undefined && !scheme.test(url)) {
    report([...path, 'url'], `the URL (not shown) does not fit driver '${String(driver)}'; wanted one that begins with ${String(driver)}:`);
  }
  if (typeof url === 'string' && decodePercent(url) === undefined)
    report([...path, 'url'], 'the URL (not shown) holds a % that begins no escape; wanted %25 for one that means itself');
  if (typeof maxConns === 'number' && typeof maxIdle === 'number' && maxIdle > maxConns) {
    report([...path, 'max_idle'], `the value is ${maxIdle}; wanted at most max_conns, which is ${maxConns}`);
  }
}

/** API-25: the default card is everybody's. */
function checkDefaultAgent(document: unknown, report: Report): void {
  const name = valueAt(document, ['defaults', 'agent']);
  const visibility = typeof name === 'string' ? valueAt(document, ['agents', name, 'visibility']) : undefined;
  if (visibility === 'internal' || visibility === 'private')
    report(['defaults', 'agent'], `'${String(name)}' is ${visibility}; wanted a public agent, as its card is the one that everybody gets`);
  if (typeof name === 'string' && valueAt(document, ['agents', name, 'allowed_roles']) !== undefined)
    report(
      ['defaults', 'agent'],
      `'${name}' has allowed_roles; wanted an agent that exists for everybody, as its card is the one that everybody gets`,
    );
}

function checkWeights(path: Path, document: unknown, report: Report): void {
  const search = valueAt(document, path);
  if (!isJsonObject(search) || search['mode'] !== 'hybrid') return;
  if (search['vector_weight'] === 0 && search['keyword_weight'] === 0)
    report([...path, 'vector_weight'], 'the value is 0, as keyword_weight is; wanted one of them above 0');
}

function checkChunking(path: Path, document: unknown, report: Report): void {
  const chunking = valueAt(document, path);
  if (!isJsonObject(chunking)) return;
  const { size, overlap, min_size: minSize, max_size: maxSize, unit } = chunking;
  if (unit === 'tokens' && typeof maxSize === 'number' && maxSize < MIN_TOKENS)
    report([...path, 'max_size'], `the value is ${maxSize}; wanted at least ${MIN_TOKENS} where 'unit' is tokens`);
  if (typeof size !== 'number' || typeof maxSize !== 'number') return;
  if (typeof overlap === 'number' && overlap >= size)
    report([...path, 'overlap'], `the value is ${overlap}; wanted less than size, which is ${size}`);
  if (size > maxSize) report([...path, 'size'], `the value is ${size}; wanted at most max_size, which is ${maxSize}`);
  if (typeof minSize === 'number' && minSize > maxSize)
    report([...path, 'min_size'], `the value is ${minSize}; wanted at most max_size, which is ${maxSize}`);
}

/** Which tools a server has is known when it runs; that there is one is known now. */
function checkParsers(path: Path, document: unknown, report: Report): void {
  if (!isJsonObject(valueAt(document, path))) return;
  const isThere = Object.values(membersOf(document, 'tools')).some(({ type = 'mcp', enabled }) => type === 'mcp' && enabled !== false);
  if (!isThere) report([...path, 'tool_names'], "'tools' has no MCP server that could have them; wanted an entry with 'type: mcp'");
}

function membersOf(document: unknown, section: string): Readonly<Record<string, JsonObject>> {
  const value = valueAt(document, [section]);
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, isJsonObject(member) ? member : {}]));
}

/** Nothing is cut finer. */
const MIN_TOKENS = 16;
