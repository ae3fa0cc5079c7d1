/** Ingest runs: begun, listed, looked at, canceled. */
import { AppError } from '../base/errors.js';
import { INGEST_MODES, type IngestMode } from '../knowledge/runs/ingest-run.js';
import { Problems } from '../protocol/field-reader.js';
import { assertStore } from './document-stores.js';
import { viewRun } from './document-view.js';
import { QueryReader } from './query-reader.js';
import { readBody } from './read-members.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `GET /api/ingest_runs`: the newest first. */
export async function listIngestRuns({ knowledge, clock }: StudioPorts, query: URLSearchParams): Promise<StudioResponse> {
  const reader = new QueryReader(query, ['store', 'limit', 'cursor']);
  const store = reader.text('store');
  const limit = reader.integer('limit', { minimum: 1, maximum: 500 }) ?? DEFAULT_LIMIT;
  const before = reader.cursor((cursor) => (/^[0-9a-f-]{36}$/.test(cursor) ? cursor : undefined)) ?? '';
  reader.problems.throwIfAny();
  const runs = await knowledge.runs.list({ store, before, limit: limit + 1 });
  const shown = runs.slice(0, limit);
  const next = runs.length > limit ? { next_cursor: shown.at(-1)?.id ?? '' } : {};
  return { status: 200, body: { ingest_runs: shown.map((run) => viewRun(run, clock.now())), ...next } };
}

export async function inspectIngestRun({ knowledge, clock }: StudioPorts, id: string): Promise<StudioResponse> {
  const run = await knowledge.runs.find(id);
  if (run === undefined) throw notFound(id);
  return { status: 200, body: viewRun(run, clock.now()) };
}

/** `POST /api/ingest_runs/{id}/cancel`: what it committed stays. */
export async function cancelIngestRun({ knowledge, clock }: StudioPorts, id: string, caller: string): Promise<StudioResponse> {
  const canceled = await knowledge.runs.cancel(id, `Canceled by ${caller}`, clock.now());
  if (canceled !== undefined) return { status: 200, body: viewRun(canceled, clock.now()) };
  const run = await knowledge.runs.find(id);
  if (run === undefined) throw notFound(id);
  throw new AppError('INGEST_RUN_ENDED', { message: `The ingest run '${id}' has ended (${run.state}) and stays so` });
}

/** `POST /api/document_stores/{store}/ingest`. */
export async function beginIngest(ports: StudioPorts, store: string, body: unknown, caller: string): Promise<StudioResponse> {
  const problems = new Problems();
  let mode: IngestMode | undefined;
  if (body !== undefined) {
    const fields = readBody(body, ['mode'], '{"mode": "changes"}', problems);
    const text = fields.text('mode');
    mode = INGEST_MODES.find((name) => name === text);
    if (text !== undefined && mode === undefined)
      fields.problem('mode', `must be one of ${INGEST_MODES.join(', ')}, not '${text.slice(0, 40)}'`);
  }
  problems.throwIfAny();
  return await begin(ports, store, mode, caller);
}

/** `POST /api/document_stores/{store}/retry`: documents that failed for good, too. */
export async function retryFailed(ports: StudioPorts, store: string, caller: string): Promise<StudioResponse> {
  return await begin(ports, store, 'retry', caller);
}

async function begin(
  { knowledge, clock }: StudioPorts,
  store: string,
  mode: IngestMode | undefined,
  caller: string,
): Promise<StudioResponse> {
  assertStore(knowledge, store);
  const [run] = await knowledge.ingester.begin({ stores: [store], mode, by: `api ${caller}` });
  return { status: 202, body: run === undefined ? {} : viewRun(run, clock.now()) };
}

function notFound(id: string): AppError {
  return new AppError('INGEST_RUN_NOT_FOUND', { message: `Ingest run '${id.slice(0, 80)}' not found; GET /api/ingest_runs lists them` });
}

const DEFAULT_LIMIT = 50;
