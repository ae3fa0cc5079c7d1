/** Document stores, documents, ingest runs and hits as people read them. */
import type { JsonObject, JsonValue } from '../base/json.js';
import { describeAge } from '../tasks/explain-words.js';
import { formatColumns, toText as text } from './format-answer.js';

export function formatStores(stores: readonly JsonObject[], now: number): string {
  if (stores.length === 0) return 'The configuration has no document stores.\n';
  const rows = stores.map((store) => {
    const documents = (store['documents'] ?? {}) as JsonObject;
    const run = (store['run'] ?? store['last_run']) as JsonObject | undefined;
    const lastRun = run === undefined ? 'never' : `${text(run['state'])}, ${age(run['updated_at'], now)}`;
    return [
      ...[text(store['name']), text(store['health']), text(documents['indexed']), text(documents['failed']), text(store['chunks'])],
      `${lastRun}${store['reason'] === undefined ? '' : `; ${text(store['reason'])}`}`,
    ];
  });
  return formatColumns([['STORE', 'HEALTH', 'INDEXED', 'FAILED', 'CHUNKS', 'RUN'], ...rows], [16, 9, 8, 6, 8]);
}

export function formatDocuments(
  documents: readonly JsonObject[],
  { withHead, now }: { readonly withHead: boolean; readonly now: number },
): string {
  const rows = documents.map((document) => {
    const failure = document['failure'] as JsonObject | undefined;
    const why =
      failure === undefined ? '' : `  (${text(failure['stage'])}, ${text(failure['attempts'])} tries: ${text(failure['message'])})`;
    return [text(document['status']), text(document['chunks']), age(document['updated_at'], now), `${text(document['id'])}${why}`];
  });
  return formatColumns([...(withHead ? [['STATUS', 'CHUNKS', 'CHANGED', 'DOCUMENT']] : []), ...rows], [8, 6, 10]);
}

export function formatDocument(document: JsonObject): string {
  const failure = document['failure'] as JsonObject | undefined;
  const rows = [
    ['Document', text(document['id'])],
    ['Title', text(document['title'])],
    ['Status', text(document['status'])],
    ...(failure === undefined
      ? []
      : [['Failure', `${text(failure['stage'])}, ${text(failure['attempts'])} tries: ${text(failure['message'])}`]]),
    ['Changed', text(document['updated_at'])],
    ['Metadata', JSON.stringify(document['metadata'] ?? {})],
    ['Chunks', text(document['chunks'])],
  ];
  const chunks = ((document['chunk_texts'] ?? []) as readonly JsonObject[]).map(
    (chunk) => `\n[${text(chunk['index'])}] lines ${text(chunk['start_line'])}-${text(chunk['end_line'])}\n${text(chunk['text'])}\n`,
  );
  return [...rows.map(([label, value]) => `${`${label}:`.padEnd(10)}${value}\n`), ...chunks].join('');
}

export function formatIngestRuns(runs: readonly JsonObject[], now: number): string {
  if (runs.length === 0) return 'There was no run yet.\n';
  const rows = runs.map((run) => {
    const left = run['left_ms'] === undefined ? '' : `, ${describeAge(Number(run['left_ms']))} left`;
    const error = run['error'] === undefined ? '' : `; ${text((run['error'] as JsonObject)['message'])}`;
    const counts = `${text(run['worked'])}/${text(run['total'])}: ${text(run['indexed'])} indexed, ${text(run['removed'])} removed, ${text(run['failed'])} failed`;
    return [text(run['id']), text(run['store']), text(run['state']), age(run['created_at'], now), `${counts}${left}${error}`];
  });
  return formatColumns([['RUN', 'STORE', 'STATE', 'BEGUN', 'DOCUMENTS'], ...rows], [36, 12, 9, 10]);
}

export function formatHits(hits: readonly JsonObject[]): string {
  if (hits.length === 0) return 'Nothing was found.\n';
  return hits
    .map(
      (hit) =>
        `${Number(hit['score']).toFixed(3)}  ${text(hit['source_path'])}, ${placeOf(hit)}\n${text(hit['content']).replace(/^/gm, '  ')}\n`,
    )
    .join('\n');
}

function placeOf(hit: JsonObject): string {
  const lines = `lines ${text(hit['start_line'])}-${text(hit['end_line'])}`;
  return hit['start_page'] === undefined ? lines : `pages ${text(hit['start_page'])}-${text(hit['end_page'])}, ${lines}`;
}

function age(value: JsonValue | undefined, now: number): string {
  return `${describeAge(Math.max(0, now - Date.parse(text(value))))} ago`;
}
