/** What holds a run whose branches work: pure. */
import { isInterrupted, isTerminal } from '../protocol/task-state.js';
import { describeTime } from './explain-words.js';
import type { Explanation, TaskFacts } from './task-facts.js';
import type { TaskRecord } from './task-store.js';

export function explainBranches({ id, children = 0, openChildren = 0 }: TaskRecord, { branches = [], now }: TaskFacts): Explanation {
  const open = branches.filter(({ state }) => !isTerminal(state));
  const held = open.filter(({ heldSince }) => heldSince !== undefined);
  const shown = open.slice(0, MAX_SHOWN).map((branch) => describeBranch(branch, now));
  return {
    rule: 'branched',
    summary: `The run waits for ${openChildren} of its ${children} branches.`,
    evidence: open.length > shown.length ? [...shown, `${open.length - shown.length} more have not ended.`] : shown,
    next:
      held.length === 0
        ? 'Nothing: it goes on when none of them works any more; hector tasks why with the id of a branch tells what that one does.'
        : `POST /api/checkpoints/${id}/resume or hector tasks resume ${id}: the worker of ${held.length === 1 ? 'a branch' : `${held.length} branches`} died, and the configuration leaves it to you to resume them.`,
  };
}

function describeBranch(
  { id, agent, state, step, worker, heldSince, openChildren = 0, updatedAt, child }: TaskRecord,
  now: number,
): string {
  const doing = isInterrupted(state)
    ? 'waits for an answer'
    : heldSince !== undefined
      ? 'is held'
      : openChildren > 0
        ? 'waits for its own branches'
        : worker === ''
          ? 'is queued'
          : `is with the worker '${worker}'`;
  return `'${child?.key ?? ''}' (${id}, agent '${agent}') ${doing}, step ${step}, last written ${describeTime(updatedAt, now)}.`;
}

/** Of those that have not ended. */
const MAX_SHOWN = 20;
