/** Runs that have not ended, of a run log in memory. */
import { isInterrupted, isTerminal } from '../../src/protocol/task-state.js';
import { isWithin, type OwnerScope } from '../../src/tasks/owner-scope.js';
import type { OpenRunQuery, OpenRunStatistics, OpenRunStatus } from '../../src/tasks/recovery-store.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';

export function takenOf(records: readonly TaskRecord[], limit: number, after?: Pick<TaskRecord, 'worker' | 'id'>): readonly TaskRecord[] {
  const placeOf = ({ worker, id }: Pick<TaskRecord, 'worker' | 'id'>) => `${worker}\n${id}`;
  const taken = records.filter((run) => run.worker !== '' && !isTerminal(run.state) && statusOf(run) === 'running');
  const runs = taken.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  return runs.filter((run) => after === undefined || placeOf(run) > placeOf(after)).slice(0, limit);
}

export function openRunsOf(records: readonly TaskRecord[], query: OpenRunQuery): readonly TaskRecord[] {
  const { owner, status, session, after, limit } = query;
  const isWanted = (run: TaskRecord) =>
    (run.child === undefined || status === 'held') && (owner === undefined || isWithin(owner, run.owner));
  const isBehind = (run: TaskRecord) =>
    after === undefined || run.createdAt > after.createdAt || (run.createdAt === after.createdAt && run.id > after.id);
  const isOfSession = (run: TaskRecord) =>
    session === undefined ||
    (run.agent === session.agent &&
      run.owner === session.owner &&
      run.contextId === session.contextId &&
      run.tenant === (session.tenant ?? ''));
  const open = records.filter((run) => !isTerminal(run.state) && isWanted(run) && isBehind(run) && isOfSession(run));
  const found = open.filter((run) => status === undefined || statusOf(run) === status);
  return found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)).slice(0, limit);
}

export function statisticsOf(records: readonly TaskRecord[], owner: OwnerScope | undefined, at: number): OpenRunStatistics {
  const all = (status?: OpenRunStatus) =>
    openRunsOf(records, {
      ...(owner === undefined ? {} : { owner }),
      ...(status === undefined ? {} : { status }),
      limit: Number.POSITIVE_INFINITY,
    });
  const runs = all();
  return {
    total: runs.length,
    queued: all('queued').length,
    working: all('running').length,
    inputRequired: all('waiting').length,
    held: all('held').length,
    expired: runs.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= at).length,
    oldestCreatedAt: runs[0]?.createdAt ?? 0,
  };
}

function statusOf({ state, heldSince, worker, openChildren = 0 }: TaskRecord): OpenRunStatus {
  if (isInterrupted(state)) return 'waiting';
  if (heldSince !== undefined) return 'held';
  return worker === '' && openChildren === 0 ? 'queued' : 'running';
}
