/** What becomes of a run whose worker died (CHK-07): pure, but for `readRecoveryFacts`. */
import type { StepState } from '../agents/agent.js';
import type { CheckpointSettings } from '../config/settings.js';
import type { TaskRecord, TaskStore } from '../tasks/task-store.js';
import type { ToolCallRecord, ToolCallStore } from '../tasks/tool-call.js';

export interface RecoveryFacts {
  /** Since the run's last commit, or since somebody resumed it or a run below it left off, if that was later; milliseconds. */
  readonly idleMs: number;
  /** It was about to act on what a person decided. */
  readonly actsOnDecision: boolean;
}

export type Recovery =
  | { readonly type: 'resume' }
  /** `key` is what would have to be true for the run to go on by itself; `leftMs`: until it is too old, `undefined` = never. */
  | { readonly type: 'hold'; readonly key: string; readonly leftMs: number | undefined }
  | { readonly type: 'fail'; readonly reason: string };

export function decideRecovery({ enabled, recovery }: CheckpointSettings, facts: RecoveryFacts): Recovery {
  if (!enabled) return { type: 'resume' };
  const { timeoutMs } = recovery;
  if (timeoutMs > 0 && facts.idleMs > timeoutMs) {
    return {
      type: 'fail',
      reason: `The run was not resumed: its worker died, and its last commit, or the last time somebody resumed it, is ${seconds(facts.idleMs)} s old, more than storage.checkpoint.recovery.timeout allows (${seconds(timeoutMs)} s)`,
    };
  }
  const leftMs = timeoutMs > 0 ? timeoutMs - facts.idleMs : undefined;
  if (!recovery.autoResume) return { type: 'hold', key: 'storage.checkpoint.recovery.auto_resume', leftMs };
  if (facts.actsOnDecision && !recovery.autoResumeHitl)
    return { type: 'hold', key: 'storage.checkpoint.recovery.auto_resume_hitl', leftMs };
  return { type: 'resume' };
}

export async function readRecoveryFacts(
  { task, history, children }: Pick<StepState, 'task' | 'history' | 'children'>,
  store: Pick<TaskStore, 'events'> & Pick<ToolCallStore, 'toolCalls'>,
  now: number,
): Promise<RecoveryFacts> {
  const [events, calls] = await Promise.all([store.events(task.id, task.seq - 1, 1), store.toolCalls(task.id, { openIn: task.step })]);
  // The record itself was touched by every take since; what commits left behind was not.
  const ends = (children ?? []).map(({ updatedAt }) => updatedAt);
  const times = [task.createdAt, task.resumedAt, events.at(-1)?.at, history.at(-1)?.createdAt, ...ends];
  return { idleMs: now - Math.max(...times.filter((at) => at !== undefined)), actsOnDecision: actsOnDecision(task, calls) };
}

/**
 * A run is let go on only with an answer: calls that an earlier step left open were decided just now. Calls with a decision that this
 * step wrote are being acted on until they are done.
 */
function actsOnDecision(task: TaskRecord, calls: readonly ToolCallRecord[]): boolean {
  return calls.some(({ status, step, decision }) => {
    if (step < task.step) return status === 'awaiting' || status === 'unknown' || status === 'approved';
    return decision !== undefined && status !== 'done';
  });
}

function seconds(ms: number): string {
  return String(Math.round(ms / 1_000));
}
