/** The situations of the crash matrix: each durable operation of the step protocol is passed in one of them. */
import type { Message } from '../../src/protocol/a2a.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import type { CrashRun, CrashScenario } from './crash-cases.js';
import { OWNER } from './crash-rig.js';

export const CRASH_SCENARIOS: readonly CrashScenario[] = [
  ...(['pure', 'idempotent', 'once'] as const).map(
    (effect): CrashScenario => ({
      name: `a worker, tool of effect \`${effect}\``,
      setting: { effect },
      prepare: async (run) => ({ type: 'run', taskId: (await begin(run)).id }),
    }),
  ),
  {
    name: 'a worker that acts on an approval, tool of effect `once`',
    setting: { effect: 'once', requiresApproval: true },
    async prepare(run) {
      const task = await beginWaiting(run);
      await run.worker.accept(approval(run, task));
      return { type: 'run', taskId: task.id };
    },
  },
  {
    name: 'a worker that branches',
    setting: { effect: 'idempotent', branches: true },
    prepare: async (run) => ({ type: 'run', taskId: (await begin(run)).id }),
  },
  {
    name: 'a worker of the last branch, tool of effect `once`',
    setting: { effect: 'once', branches: true },
    async prepare(run) {
      const [acts, quick] = await beginBranches(run);
      await run.worker.act({ type: 'run', taskId: quick.id });
      return { type: 'run', taskId: acts.id };
    },
  },
  {
    name: 'a worker that joins',
    setting: { effect: 'pure', branches: true },
    async prepare(run) {
      for (const { id } of await beginBranches(run)) await run.worker.act({ type: 'run', taskId: id });
      return { type: 'run', taskId: run.task?.id ?? '' };
    },
  },
  {
    name: 'a front that cancels a run with branches',
    setting: { effect: 'pure', branches: true },
    async prepare(run) {
      await beginBranches(run);
      return { type: 'cancel', taskId: run.task?.id ?? '' };
    },
    hasHappened: ({ point }) => point !== 'store.cancel.before',
  },
  {
    name: 'a worker that is told to end while the model answers',
    setting: { effect: 'pure' },
    prepare: async (run) => ({ type: 'abort', taskId: (await begin(run)).id }),
  },
  {
    name: 'a worker that holds the run of a dead one (`auto_resume: false`)',
    setting: { effect: 'pure', holds: true },
    prepare: async (run) => ({ type: 'run', taskId: (await beginOrphan(run)).id }),
  },
  {
    name: 'a front that accepts a message, which is sent again',
    setting: { effect: 'pure' },
    prepare: async ({ message }) => ({ type: 'accept', message }),
    async retry(run) {
      run.task = await run.worker.accept(run.message);
    },
  },
  {
    name: 'a process that accepts a message and begins the run; the message is sent again',
    setting: { effect: 'pure' },
    prepare: async ({ message }) => ({ type: 'begin', message }),
    async retry(run) {
      run.task = await run.worker.accept(run.message);
    },
  },
  {
    name: 'a front that accepts a decision, which is sent again',
    setting: { effect: 'once', requiresApproval: true },
    prepare: async (run) => ({ type: 'accept', message: approval(run, await beginWaiting(run)) }),
    async retry(run) {
      await run.worker.accept(approval(run, run.task as TaskRecord));
    },
  },
  {
    name: 'a front that cancels',
    setting: { effect: 'pure' },
    prepare: async (run) => ({ type: 'cancel', taskId: (await begin(run)).id }),
    hasHappened: ({ point }) => point !== 'store.cancel.before',
  },
  {
    name: 'a front that resumes a held run',
    setting: { effect: 'pure', holds: true },
    async prepare(run) {
      const { id } = await beginOrphan(run);
      await run.worker.act({ type: 'run', taskId: id });
      return { type: 'resume', taskId: id };
    },
    hasHappened: ({ point }) => point !== 'store.resume.before',
  },
  {
    name: 'a keeper that ends a wait',
    setting: { effect: 'once', requiresApproval: true },
    prepare: async (run) => ({ type: 'expire', taskId: (await beginWaiting(run)).id }),
    hasHappened: ({ point }) => point !== 'store.expire.before',
  },
];

async function begin(run: CrashRun): Promise<TaskRecord> {
  run.task = await run.worker.accept(run.message);
  return run.task;
}

/** A run with two branches that nobody has begun. */
async function beginBranches(run: CrashRun): Promise<readonly [acts: TaskRecord, quick: TaskRecord]> {
  const { id } = await begin(run);
  await run.worker.act({ type: 'run', taskId: id });
  const [acts, quick] = await run.worker.store.descendants(id);
  if (acts === undefined || quick === undefined) throw new Error('the run has not branched');
  return [acts, quick];
}

/** A run whose worker is gone. */
async function beginOrphan(run: CrashRun): Promise<TaskRecord> {
  const task = await begin(run);
  await run.worker.store.take(task.id, Date.now(), 'gone');
  return task;
}

/** A run that waits for an approval. */
async function beginWaiting(run: CrashRun): Promise<TaskRecord> {
  const task = await begin(run);
  await run.worker.act({ type: 'run', taskId: task.id });
  const waiting = await run.worker.store.find(task.id, OWNER);
  if (waiting?.state !== 'TASK_STATE_INPUT_REQUIRED') throw new Error(`the run does not wait for an approval: ${waiting?.state}`);
  return waiting;
}

/** The same message however often it is asked for. */
function approval({ name }: CrashRun, { id, contextId }: TaskRecord): Message {
  const decision = { type: 'tool_approval', tool_call_id: 'call-1', decision: 'approve' };
  return { messageId: `${name}-approval`, taskId: id, contextId, role: 'ROLE_USER', parts: [{ data: decision }] };
}
