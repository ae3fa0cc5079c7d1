/** Traces of this process, as far as its ring of spans still has them (OBS-34). */
import { AppError } from '../base/errors.js';
import type { IsVisible, TraceReader } from '../observe/tracing/span-ring.js';
import { isWithin, LOCAL_OWNER, type OwnerScope } from '../tasks/owner-scope.js';
import { QueryReader } from './query-reader.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

/** `GET /api/traces`: newest first. */
export function listTraces({ traces }: Pick<StudioPorts, 'traces'>, owner: OwnerScope, query: URLSearchParams): StudioResponse {
  const reader = new QueryReader(query, ['event_id', 'task_id', 'limit']);
  const eventId = reader.text('event_id');
  const taskId = reader.text('task_id');
  const limit = reader.integer('limit', { minimum: 1, maximum: 500 }) ?? DEFAULT_LIMIT;
  reader.problems.throwIfAny();
  return { status: 200, body: { traces: [...getReader(traces).list({ isVisible: visibleTo(owner), eventId, taskId, limit })] } };
}

/** `GET /api/traces/{traceId}`: its spans in the order in which they began. */
export function showTrace(
  { traces }: Pick<StudioPorts, 'traces'>,
  { traceId, owner }: { readonly traceId: string; readonly owner: OwnerScope },
): StudioResponse {
  const spans = getReader(traces).read(traceId, visibleTo(owner));
  if (spans.length > 0) return { status: 200, body: { trace_id: traceId, spans: [...spans] } };
  throw new AppError('TRACE_NOT_FOUND', {
    message: `Trace '${traceId.slice(0, 80)}' is not among the last 1,000 spans of this process; GET /api/traces lists yours`,
  });
}

function getReader(traces: TraceReader | undefined): TraceReader {
  if (traces !== undefined) return traces;
  throw new AppError('TRACE_NOT_FOUND', {
    message: 'This process keeps no spans: set observability.tracing.enabled to true, and leave debug_exporter on',
  });
}

/** What was made for nobody, such as a duty of the keeper, is for operators. */
function visibleTo(scope: OwnerScope): IsVisible {
  return (owner) => (owner === undefined ? typeof scope !== 'string' || scope === LOCAL_OWNER : isWithin(scope, owner));
}

const DEFAULT_LIMIT = 50;
