/** What `hector documents` can do, each as calls of the management API. */
import { AppError } from '../base/errors.js';
import type { JsonObject, JsonValue } from '../base/json.js';
import type { ServerAddress } from './act-on-server.js';
import { callApi } from './call-api.js';
import { formatDocument, formatDocuments, formatHits, formatIngestRuns, formatStores } from './documents-view.js';
import type { Terminal } from './terminal.js';

export interface DocumentAct {
  readonly verb: string;
  readonly store: string;
  /** A document's id, or a query. */
  readonly subject: string;
  readonly server: ServerAddress;
  readonly signal: AbortSignal;
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly flag: (name: string) => string | undefined;
  /** `--yes` */
  readonly isSure: boolean;
}

export interface DocumentVerb {
  readonly wants: readonly string[];
  readonly mayHave: readonly string[];
  /** Flags of its own. */
  readonly flags: readonly string[];
  run(act: DocumentAct): Promise<void>;
}

export const DOCUMENT_VERBS: Readonly<Record<string, DocumentVerb>> = {
  stores: { wants: [], mayHave: [], flags: [], run: listStores },
  list: { wants: ['store'], mayHave: [], flags: ['status', 'error'], run: listDocuments },
  show: { wants: ['store', 'document id'], mayHave: [], flags: [], run: showDocument },
  delete: { wants: ['store', 'document id'], mayHave: [], flags: [], run: deleteDocument },
  reingest: { wants: ['store'], mayHave: ['document id'], flags: ['mode'], run: reingest },
  runs: { wants: [], mayHave: ['store'], flags: [], run: listRuns },
  drop: { wants: ['store'], mayHave: [], flags: ['yes'], run: dropStore },
  cancel: { wants: ['run id'], mayHave: [], flags: [], run: cancelRun },
  search: { wants: ['store', 'query'], mayHave: [], flags: ['limit', 'mode', 'filter'], run: search },
};

async function listStores(act: DocumentAct): Promise<void> {
  const reply = await call(act, 'GET', '/api/document_stores');
  show(act, reply, (now) => formatStores(list(reply, 'document_stores'), now), 'document_stores');
  if (act.json) return;
  for (const { name, documents, chunks } of list(reply, 'no_longer_configured'))
    act.terminal.writeError(
      `The configuration names '${String(name)}' no more: ${String(documents)} documents and ${String(chunks)} chunks are left; hector documents drop ${String(name)}\n`,
    );
}

async function listDocuments(act: DocumentAct): Promise<void> {
  const query = new URLSearchParams({ limit: '500' });
  for (const name of ['status', 'error']) {
    const value = act.flag(name);
    if (value !== undefined) query.set(name, value);
  }
  const { terminal, json } = act;
  let isFirst = true;
  for (;;) {
    const reply = await call(act, 'GET', `${pathOf(act)}/documents?${query}`);
    const documents = list(reply, 'documents');
    if (json) terminal.write(documents.map((document) => `${JSON.stringify(document)}\n`).join(''));
    else if (documents.length > 0) terminal.write(formatDocuments(documents, { withHead: isFirst, now: Date.now() }));
    isFirst &&= documents.length === 0;
    if (typeof reply['next_cursor'] !== 'string') break;
    query.set('cursor', reply['next_cursor']);
  }
  if (isFirst && !json) terminal.writeError('There is no such document.\n');
}

async function showDocument(act: DocumentAct): Promise<void> {
  const reply = await call(act, 'GET', `${documentPath(act)}?limit=500`);
  show(act, reply, () => formatDocument(reply));
}

async function deleteDocument(act: DocumentAct): Promise<void> {
  const reply = await call(act, 'DELETE', documentPath(act));
  show(act, reply, () => 'deleted: it stays out of the index until its source shows another version of it\n');
}

async function reingest(act: DocumentAct): Promise<void> {
  const mode = act.flag('mode');
  const reply =
    act.subject === ''
      ? await call(act, 'POST', `${pathOf(act)}/ingest`, mode === undefined ? undefined : { mode })
      : await call(act, 'POST', `${documentPath(act)}/reingest`);
  show(act, reply, () => `queued: run ${String(reply['id'])}; a process with the role ingest does it\n`);
}

async function listRuns(act: DocumentAct): Promise<void> {
  const query = new URLSearchParams({ limit: '50', ...(act.store === '' ? {} : { store: act.store }) });
  const reply = await call(act, 'GET', `/api/ingest_runs?${query}`);
  show(act, reply, (now) => formatIngestRuns(list(reply, 'ingest_runs'), now), 'ingest_runs');
}

/** One request does not wait for a large store: each goes on where the one before it stopped. */
async function dropStore(act: DocumentAct): Promise<void> {
  const { store, terminal, json, isSure } = act;
  if (!isSure) {
    const reply = await call(act, 'GET', '/api/document_stores');
    if (list(reply, 'document_stores').some((one) => one['name'] === store))
      throw new AppError('DOCUMENT_STORE_CONFIGURED', {
        message: `'${store}' stands in document_stores: nothing is deleted; take it out of the configuration first, of all processes, and drop what it left then`,
      });
    const found = list(reply, 'no_longer_configured').find((one) => one['name'] === store);
    const what = found === undefined ? '' : `: ${String(found['documents'])} documents, ${String(found['chunks'])} chunks`;
    throw new AppError('CLI_USAGE', { message: `this deletes all of the document store '${store}' for good${what}; add --yes` });
  }
  let documents = 0;
  let chunks = 0;
  const warnings = new Set<string>();
  for (;;) {
    const reply = await call(act, 'DELETE', `${pathOf(act)}?confirm=${encodeURIComponent(store)}`);
    documents += Number(reply['documents']);
    chunks += Number(reply['chunks']);
    for (const warning of (reply['warnings'] ?? []) as readonly string[]) warnings.add(warning);
    if (reply['finished'] === true) break;
  }
  if (json) terminal.write(`${JSON.stringify({ name: store, documents, chunks, warnings: [...warnings] })}\n`);
  else terminal.write(`dropped: ${documents} documents, ${chunks} chunks\n`);
  for (const warning of warnings) terminal.writeError(`warning: ${warning}\n`);
}

async function cancelRun(act: DocumentAct): Promise<void> {
  const reply = await call(act, 'POST', `/api/ingest_runs/${encodeURIComponent(act.store)}/cancel`);
  show(act, reply, () => 'canceled: what it indexed stays\n');
}

async function search(act: DocumentAct): Promise<void> {
  const limit = act.flag('limit');
  const mode = act.flag('mode');
  const filter = act.flag('filter');
  const reply = await call(act, 'POST', `${pathOf(act)}/search`, {
    query: act.subject,
    ...(limit === undefined ? {} : { limit: /^\d+$/.test(limit) ? Number(limit) : limit }),
    ...(mode === undefined ? {} : { mode }),
    ...(filter === undefined ? {} : { filter: readFilter(filter) }),
  });
  show(act, reply, () => formatHits(list(reply, 'hits')), 'hits');
}

/** `year=2024,draft=false`, or JSON for whatever that cannot say. */
function readFilter(text: string): JsonValue {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text) as JsonValue;
    } catch (cause) {
      throw new AppError('CLI_USAGE', { cause, message: `--filter begins as JSON and is none: ${text}` });
    }
  }
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', ...rest] = pair.split('=');
      if (key.trim() === '' || rest.length === 0)
        throw new AppError('CLI_USAGE', { message: `--filter is '${text}'; wanted <key>=<value>, several with commas, or JSON` });
      return [key.trim(), readValue(rest.join('=').trim())];
    }),
  );
}

function readValue(text: string): JsonValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function call({ server, signal }: DocumentAct, method: 'GET' | 'POST' | 'DELETE', path: string, body?: JsonObject): Promise<JsonObject> {
  return callApi({ ...server, method, path, signal, ...(body === undefined ? {} : { body }) });
}

function show({ json, terminal }: DocumentAct, reply: JsonObject, format: (now: number) => string, member?: string): void {
  if (!json) terminal.write(format(Date.now()));
  else if (member === undefined) terminal.write(`${JSON.stringify(reply)}\n`);
  else
    terminal.write(
      list(reply, member)
        .map((item) => `${JSON.stringify(item)}\n`)
        .join(''),
    );
}

function list(reply: JsonObject, member: string): readonly JsonObject[] {
  return (reply[member] ?? []) as readonly JsonObject[];
}

function pathOf({ store }: DocumentAct): string {
  return `/api/document_stores/${encodeURIComponent(store)}`;
}

function documentPath(act: DocumentAct): string {
  return `${pathOf(act)}/documents/${encodeURIComponent(act.subject)}`;
}
