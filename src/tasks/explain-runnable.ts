/** What holds or moves a run that could run: pure. */
import { describeAge, describeTime, describeTimes } from './explain-words.js';
import type { Explanation, TaskFacts } from './task-facts.js';
import { MAX_TAKES, type TaskRecord } from './task-store.js';

export function explainRunnable(task: TaskRecord, facts: TaskFacts): Explanation {
  const { now, leaseRemainingMs } = facts;
  const evidence = describeRecord(task, now);
  const isRunning = leaseRemainingMs !== undefined && leaseRemainingMs > 0;
  if (facts.isConfigStored === false) {
    return {
      rule: 'config-missing',
      summary: `The configuration version '${task.configVersion}' that the run is pinned to is not stored: no worker can build its agent.`,
      evidence,
      next: 'Start a process with the configuration that the run began with (it stores its version), or discard the run.',
    };
  }
  if (task.takes >= MAX_TAKES - TAKES_LEFT) {
    return {
      rule: 'giving-up',
      summary: `Step ${task.step} was begun ${describeTimes(task.takes)} without a commit; at the ${MAX_TAKES + 1}th time the run is given up.`,
      evidence: [...evidence, isRunning ? 'A worker holds its lease now.' : 'No lease of it is known to live now.'],
      next: 'Look in the logs of the workers for what ends this step each time: a crash, a lost lease, or an error that is tried again.',
    };
  }
  if (leaseRemainingMs === undefined) {
    return {
      rule: 'redis-away',
      summary: 'Redis does not answer, so who runs it now is not known; SQL says what it says below.',
      evidence,
      next: 'Bring Redis back; the run goes on by itself then.',
    };
  }
  if (!isRunning && facts.redisRefusal !== undefined) {
    return {
      rule: 'redis-refuses',
      summary: 'Redis answers, but refuses writes: no worker can take the run, and no keeper can be on duty.',
      evidence: [...evidence, 'Nobody holds its lease.', `Redis says: ${facts.redisRefusal}`],
      next: 'Make Redis write again (memory and maxmemory, disk, its role); the run goes on by itself then.',
    };
  }
  return isRunning ? explainLease(task, leaseRemainingMs, evidence, facts) : explainNobody(task, evidence, facts);
}

function describeRecord(task: TaskRecord, now: number): string[] {
  const { state, step, takes, epoch, worker, updatedAt } = task;
  return [
    `SQL: ${state}, step ${step}, begun ${describeTimes(takes)} since the last commit, epoch ${epoch}, last written ${describeTime(updatedAt, now)}.`,
    worker === '' ? 'SQL names no worker.' : `SQL names the worker '${worker}'.`,
  ];
}

function explainLease(task: TaskRecord, remainingMs: number, evidence: readonly string[], facts: TaskFacts): Explanation {
  const { now, leaseMs, orphanMs } = facts;
  const lease = `Its lease ends in ${describeAge(remainingMs)} unless it is renewed.`;
  // Renewed every third of its time: below the half, a renewal was missed.
  if (task.worker !== '' && remainingMs < leaseMs / 2) {
    return {
      rule: 'worker-died',
      summary: `The worker '${task.worker}' has not renewed its lease for ${describeAge(leaseMs - remainingMs)}; it may have died in step ${task.step}.`,
      evidence: [...evidence, lease, ...describeKeeper(facts)],
      next: `If it died, its lease ends in ${describeAge(remainingMs)} and the recovery sweep gives the run to another worker within ${describeAge(orphanMs)} after that.`,
    };
  }
  return {
    rule: 'running',
    summary:
      task.worker === ''
        ? `A worker takes the run for step ${task.step} at this moment.`
        : `The worker '${task.worker}' runs step ${task.step}; it last wrote ${describeAge(now - task.updatedAt)} ago.`,
    evidence: [...evidence, lease],
    next: 'Nothing: it runs. CancelTask or hector tasks discard ends it.',
  };
}

function explainNobody(task: TaskRecord, evidence: readonly string[], facts: TaskFacts): Explanation {
  const { job, workers, isKeeperOnDuty } = facts;
  const known = [...evidence, 'Nobody holds its lease.', describeJob(facts), ...describeWorkers(facts), ...describeKeeper(facts)];
  if (workers === 0) {
    return {
      rule: 'no-worker',
      summary: 'The run could go on, but no process with the role agent is alive.',
      evidence: known,
      next: 'Start one: hector serve --roles agent.',
    };
  }
  if (job?.type === 'none' && isKeeperOnDuty === false) {
    return {
      rule: 'no-keeper',
      summary: 'The run has neither a worker nor a job, and no keeper is on duty to give it one.',
      evidence: known,
      next: 'Start one: hector serve --roles keeper.',
    };
  }
  if (task.worker !== '') {
    return {
      rule: 'worker-died',
      summary: `The worker '${task.worker}' died in step ${task.step}, or lost Redis; its lease has ended.`,
      evidence: known,
      next:
        job === undefined || job.type === 'none'
          ? `Nothing: the recovery sweep gives the run to another worker within ${describeAge(facts.orphanMs)}.`
          : 'Nothing: its job is there, and the next free worker takes the run over.',
    };
  }
  if (job?.type === 'none') {
    return {
      rule: 'orphaned',
      summary: 'The run has neither a worker nor a job: the job was lost, or is on its way.',
      evidence: known,
      next: `Nothing: the recovery sweep gives it a job within ${describeAge(facts.lostJobMs)}.`,
    };
  }
  return {
    rule: 'queued',
    summary: `The run is queued for step ${task.step}.${describeQueue(facts)}`,
    evidence: known,
    next: 'Nothing: the next free worker takes it.',
  };
}

function describeQueue({ job, workers }: TaskFacts): string {
  const before = job?.type === 'waiting' ? ` ${count(job.before, 'job')} before it.` : '';
  const alive = workers === undefined ? '' : ` ${count(workers, 'worker process', 'worker processes')} alive.`;
  return `${before}${alive}`;
}

function describeJob({ job, now }: TaskFacts): string {
  switch (job?.type) {
    case undefined:
      return 'Where its job stands is not known.';
    case 'none':
      return 'The queue holds no job of it.';
    case 'active':
      return 'A worker has its job in hand.';
    case 'delayed':
      return `Its job is tried again ${describeTime(job.dueAt, now)}.`;
    case 'waiting':
      return `Its job waits, ${count(job.before, 'job')} before it.`;
  }
}

function describeWorkers({ workers }: TaskFacts): string[] {
  return [
    workers === undefined ? 'How many workers are alive is not known.' : `${count(workers, 'worker process', 'worker processes')} alive.`,
  ];
}

function describeKeeper({ isKeeperOnDuty }: TaskFacts): string[] {
  if (isKeeperOnDuty === undefined) return ['Whether a keeper is on duty is not known.'];
  return [isKeeperOnDuty ? 'A keeper is on duty.' : 'No keeper is on duty: nobody sweeps.'];
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** From here on the next failures of a step end its run. */
const TAKES_LEFT = 2;
