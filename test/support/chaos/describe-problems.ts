import type { Disturbance } from './disturbances.js';
import type { StoredRun } from './read-runs-sql.js';
import type { RunResult } from './run-client.js';

const SHOWN = 5;
/** Disturbances this long before a run's first and after its last event may have to do with it, milliseconds. */
const AROUND_MS = 3_000;

/** Enough to understand the first few: what is wrong, the run's log, what befell the cluster meanwhile, the processes' last words. */
export function describeProblems(
  problems: readonly { readonly run: RunResult; readonly found: readonly string[] }[],
  stored: ReadonlyMap<string, StoredRun>,
  disturbances: readonly Disturbance[],
  logTail: string,
): string {
  const described = problems.slice(0, SHOWN).map(({ run, found }) => {
    const log = stored.get(run.taskId);
    const events = log?.events ?? [];
    const [from, to] = [(events[0]?.at ?? 0) - AROUND_MS, (events.at(-1)?.at ?? 0) + AROUND_MS];
    const around = disturbances.filter(({ at, untilMs }) => at + untilMs >= from && at <= to);
    return [
      `run ${run.plan.run}, task ${run.taskId || '(none)'}, ${log?.state ?? 'not stored'}, epoch ${log?.epoch}, step ${log?.step}`,
      ...found.map((problem) => `  - ${problem}`),
      ...events.map(({ seq, epoch, at, body }) => `  ${time(at)} seq ${seq} epoch ${epoch} ${body.type} ${body.status?.state ?? ''}`),
      ...around.map(({ type, place, pid, at, untilMs }) => `  ${time(at)} ${type} ${place} (${pid}) for ${untilMs} ms`),
    ].join('\n');
  });
  return [`${problems.length} runs with problems`, ...described, 'the last lines of the processes:', logTail].join('\n');
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11);
}
