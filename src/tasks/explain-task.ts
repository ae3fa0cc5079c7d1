/** Why a run is where it is: pure. What could not be found out is `undefined` in the facts, and the answer says so. */
import { isInterrupted, isTerminal } from '../protocol/task-state.js';
import { explainBranches } from './explain-branches.js';
import { explainRunnable } from './explain-runnable.js';
import { describeAge, describeTime, describeTimes } from './explain-words.js';
import type { Explanation, OpenCall, TaskFacts } from './task-facts.js';
import type { TaskRecord } from './task-store.js';
import { DECISIONS } from './tool-call.js';

export function explainTask(task: TaskRecord, facts: TaskFacts): Explanation {
  if (isTerminal(task.state)) {
    return {
      rule: 'ended',
      summary: `The run has ended (${task.state}).`,
      evidence: [`It ended ${describeTime(task.updatedAt, facts.now)}, after ${task.step - 1} committed steps.`],
      next: 'Nothing: a run that has ended stays so. A message without its taskId starts a new one in the same context.',
    };
  }
  if (isInterrupted(task.state)) return explainWait(task, facts);
  if (task.heldSince !== undefined) return explainHold(task, task.heldSince, facts);
  if ((task.openChildren ?? 0) > 0) return explainBranches(task, facts);
  if (facts.front !== undefined) return explainPlace(task, facts.front, facts.now);
  return explainRunnable(task, facts);
}

function explainWait(task: TaskRecord, facts: TaskFacts): Explanation {
  const { now, openCalls, isKeeperOnDuty } = facts;
  const evidence = [`It waits since ${describeTime(task.updatedAt, now)} (${task.state}).`, describeEnd(task, now)];
  for (const { callId, tool, asks } of openCalls ?? [])
    evidence.push(
      asks === 'approval'
        ? `The call '${callId}' of the tool '${tool}' needs an approval.`
        : `The call '${callId}' of the tool '${tool}' may have happened: nobody knows how it ended.`,
    );
  if (openCalls === undefined) evidence.push('Which calls are open could not be read.');
  if (task.expiresAt !== undefined && task.expiresAt <= now) {
    return {
      rule: 'expired',
      summary: 'The wait for an answer is over, and the run has yet to be ended.',
      evidence: [...evidence, isKeeperOnDuty === false ? 'No keeper is on duty.' : 'The keeper ends such runs as TASK_STATE_FAILED.'],
      next:
        isKeeperOnDuty === false
          ? 'Start a process with the role keeper: it ends the run.'
          : 'Nothing: the keeper ends it as TASK_STATE_FAILED. An answer that comes before counts.',
    };
  }
  const until = task.expiresAt === undefined ? '' : ` until ${describeTime(task.expiresAt, now)}`;
  return {
    rule: 'waiting',
    summary: `The run waits for an answer${until}.`,
    evidence,
    next: describeAnswer(task, openCalls ?? []),
  };
}

function describeEnd({ expiresAt }: TaskRecord, now: number): string {
  if (expiresAt === undefined) return 'It may wait for ever.';
  return expiresAt <= now ? `Its time was over ${describeTime(expiresAt, now)}.` : `Its time is over ${describeTime(expiresAt, now)}.`;
}

function describeAnswer(task: TaskRecord, openCalls: readonly OpenCall[]): string {
  if (openCalls.length === 0) return `Send a message with the taskId '${task.id}' to the agent '${task.agent}'.`;
  return openCalls
    .map(({ callId, asks }) => {
      const decisions = DECISIONS[asks];
      const body = decisions.map((decision) => `"${decision}"`).join(' or ');
      return `POST /api/tasks/${task.id}/toolCalls/${callId}/decision with {"decision": ${body}}, or hector tasks ${decisions.join('|')} ${task.id} --call ${callId}`;
    })
    .join('; ');
}

function explainHold(task: TaskRecord, heldSince: number, { now }: TaskFacts): Explanation {
  return {
    rule: 'held',
    summary: `The run is held since ${describeTime(heldSince, now)}: its worker died, and it waits to be resumed or discarded.`,
    evidence: [
      'storage.checkpoint.recovery.auto_resume (for a run that acted on a decision: auto_resume_hitl) is false.',
      `Its last commit is that of step ${task.step - 1}; step ${task.step} was begun ${describeTimes(task.takes)}.`,
      describeEnd(task, now),
    ],
    next: `POST /api/checkpoints/${task.id}/resume or hector tasks resume ${task.id}; DELETE /api/checkpoints/${task.id} or hector tasks discard ${task.id}.`,
  };
}

function explainPlace(task: TaskRecord, front: NonNullable<TaskFacts['front']>, now: number): Explanation {
  const explanation = explainTask(front.task, front.facts);
  const { id, createdAt } = front.task;
  return {
    rule: 'behind',
    summary: `The run waits for an earlier one of its session, '${id}'.`,
    evidence: [
      `Runs of one session go one after the other; this one has turn ${task.turn}, '${id}' has turn ${front.task.turn}.`,
      `It waits for ${describeAge(now - task.createdAt)}; '${id}' was accepted ${describeTime(createdAt, now)}.`,
      `What holds '${id}': ${explanation.summary}`,
    ],
    next: explanation.next,
    front: { taskId: id, explanation },
  };
}
