/** Asks everybody who knows something of a run; who does not answer is left out. */
import { isRunnable } from '../protocol/task-state.js';
import type { TaskFacts } from '../tasks/task-facts.js';
import type { TaskRecord } from '../tasks/task-store.js';
import { answerWithin } from './answer-within.js';
import { readBranches } from './get-run.js';
import { findOpenQuestions } from './open-questions.js';
import type { StudioPorts } from './studio-ports.js';

export async function gatherFacts(ports: StudioPorts, task: TaskRecord, depth = 1): Promise<TaskFacts> {
  const { clock, leaseMs, sweep } = ports;
  const isOpen = isRunnable(task.state) && task.heldSince === undefined && (task.openChildren ?? 0) === 0;
  const [openCalls, front, version, leases, job, workers, refusal] = await Promise.all([
    answerWithin(ports, 'what the run asks', findOpenQuestions(ports.tasks, task)),
    isOpen ? findFront(ports, task) : undefined,
    isOpen ? answerWithin(ports, 'the configuration version', findVersion(ports, task)) : undefined,
    answerWithin(ports, 'which leases live', ports.leases.remaining([task.id, sweep.lease])),
    isOpen ? answerWithin(ports, "where the run's job stands", ports.queue.findJob(task.id)) : undefined,
    isOpen ? answerWithin(ports, 'how many workers live', ports.queue.countWorkers()) : undefined,
    isOpen ? answerWithin(ports, 'whether Redis writes', ports.findRedisRefusal()) : undefined,
  ]);
  return {
    now: clock.now(),
    leaseMs,
    orphanMs: sweep.orphanMs,
    lostJobMs: sweep.lostJobMs,
    openCalls,
    isConfigStored: version?.isStored,
    leaseRemainingMs: leases === undefined ? undefined : (leases.get(task.id) ?? 0),
    job,
    workers,
    redisRefusal: refusal,
    isKeeperOnDuty: leases?.has(sweep.lease),
    branches: await readBranches(ports.tasks, task),
    front: front === undefined || depth >= MAX_DEPTH ? undefined : { task: front, facts: await gatherFacts(ports, front, depth + 1) },
  };
}

async function findVersion({ versions }: StudioPorts, { configVersion }: TaskRecord): Promise<{ readonly isStored: boolean }> {
  return { isStored: (await versions.find(configVersion)) !== undefined };
}

/** The first runnable run of the session: the only one that workers take. */
async function findFront({ recovery }: StudioPorts, task: TaskRecord): Promise<TaskRecord | undefined> {
  const { owner, turn } = task;
  const runs = await recovery.openRuns({ owner, session: task, limit: MAX_SESSION_RUNS });
  return runs
    .filter((run) => isRunnable(run.state) && run.turn < turn)
    .reduce<TaskRecord | undefined>((first, run) => (first === undefined || run.turn < first.turn ? run : first), undefined);
}

/** Runs that stand before each other; a session's first has none before it. */
const MAX_DEPTH = 5;
const MAX_SESSION_RUNS = 500;
