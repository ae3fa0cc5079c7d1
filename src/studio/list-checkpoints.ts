/** `GET /api/checkpoints`: the caller's runs that have not ended, oldest first. */
import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import type { OwnerScope } from '../tasks/owner-scope.js';
import type { OpenRunStatus } from '../tasks/recovery-store.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { answerWithin } from './answer-within.js';
import { runStatus, viewRun } from './checkpoint-view.js';
import { formatPageCursor, type PagePlace } from './page-cursor.js';
import { type ListQuery, readListQuery } from './read-list-query.js';
import type { StudioPorts } from './studio-ports.js';
import type { StudioResponse } from './studio-route.js';

export async function listCheckpoints(ports: StudioPorts, owner: OwnerScope, parameters: URLSearchParams): Promise<StudioResponse> {
  const query = readListQuery(parameters);
  const { found, after } = await collect(ports, owner, query);
  const page = found.slice(0, query.limit);
  const next = found.length > query.limit ? page.at(-1)?.task : after;
  const checkpoints = page.map(({ task, isLeased }): JsonObject => viewRun(task, isLeased));
  return { status: 200, body: { checkpoints, ...(next === undefined ? {} : { next_cursor: formatPageCursor(next) }) } };
}

interface FoundRun {
  readonly task: TaskRecord;
  readonly isLeased: boolean | undefined;
}

/** One run more than fits on the page, when there is one; or less and the place where the looking stopped. */
async function collect(
  ports: StudioPorts,
  owner: OwnerScope,
  query: ListQuery,
): Promise<{ readonly found: readonly FoundRun[]; readonly after?: PagePlace }> {
  const { limit } = query;
  const status = sqlStatus(query.status);
  const found: FoundRun[] = [];
  let after = query.after;
  for (let read = 0; read < MAX_READ; ) {
    const wanted = Math.min(MAX_BATCH, Math.max(limit + 1 - found.length, 100));
    const batch = await ports.recovery.openRuns({
      owner,
      limit: wanted,
      ...(status === undefined ? {} : { status }),
      ...(after === undefined ? {} : { after }),
    });
    found.push(...(await withLeases(ports, batch, query.status)).filter((run) => matches(run, query.status)));
    if (found.length > limit || batch.length < wanted) return { found };
    after = batch.at(-1);
    read += batch.length;
  }
  return { found, ...(after === undefined ? {} : { after }) };
}

/** Whether a worker lives is not for SQL to say. */
function sqlStatus(status: ListQuery['status']): OpenRunStatus | undefined {
  return status === 'interrupted' ? 'running' : status;
}

function matches({ task, isLeased }: FoundRun, status: ListQuery['status']): boolean {
  return status === undefined || runStatus(task, isLeased) === status;
}

async function withLeases(ports: StudioPorts, batch: readonly TaskRecord[], status: ListQuery['status']): Promise<FoundRun[]> {
  const taken = batch.filter(({ worker }) => worker !== '').map(({ id }) => id);
  const leases = taken.length === 0 ? new Map() : await answerWithin(ports, 'which leases live', ports.leases.remaining(taken));
  if (leases === undefined && (status === 'running' || status === 'interrupted')) {
    throw new AppError('REDIS_UNAVAILABLE', {
      message: `Redis does not answer, and only it knows which workers live; list without status=${status}, or try again`,
      retryAfterMs: 1_000,
    });
  }
  return batch.map((task) => ({ task, isLeased: task.worker === '' ? false : leases?.has(task.id) }));
}

const MAX_BATCH = 501;
/** Runs that one request looks through for those of a status that SQL does not know; the cursor goes on behind them. */
const MAX_READ = 5_000;
