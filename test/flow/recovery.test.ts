/** What becomes of runs whose worker died, of those it gave back, and of waits that nobody ends (CHK-07, CHK-08, CHK-11). */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { StepOutcome } from '../../src/agents/agent.js';
import { AppError } from '../../src/base/errors.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import type { ToolCallWrite } from '../../src/tasks/tool-call.js';
import { waitFor } from '../support/coordination-steps.js';
import { OWNER, startStepRig } from '../support/step-rig.js';

const EMPTY = { control: {}, messages: [], events: [] };
const CONTINUE: StepOutcome = { type: 'continue', ...EMPTY };
const FINISHED: StepOutcome = { type: 'finished', ...EMPTY };
const WAIT: StepOutcome = {
  ...{ type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', statusMetadata: { why: 'asked' }, ...EMPTY },
  statusMessage: { messageId: 'question', role: 'ROLE_AGENT', parts: [{ text: 'Shall I?' }] },
};
const CALL: ToolCallWrite = { callId: 'call-1', tool: 'pay', effect: 'once', argumentsHash: '', idempotencyKey: '1', status: 'awaiting' };

type Rig = Awaited<ReturnType<typeof startStepRig>>;

t.test('a run whose worker died goes on by itself while checkpoints are not enabled (CHK-07)', async (t) => {
  const { rig, task } = await startWithDead(t);
  await rig.startWorker();
  rig.startKeeper();
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED', epoch: 2, step: 2, worker: '' });
  t.match(await metricsOf(rig), /^hector_takeovers_total 1$/m);
});

t.test('with auto_resume off it is held until somebody resumes it (CHK-07, CHK-08)', async (t) => {
  const { rig, task, begun } = await startWithDead(t);
  await rig.startWorker({ checkpoint: { enabled: true } });
  rig.startKeeper();
  await waitFor(async () => (await find(rig, task)).heldSince !== undefined);
  t.match(await find(rig, task), { state: 'TASK_STATE_WORKING', worker: '', epoch: 2, step: 1 });
  // The job that found it and the sweep that goes on are no reason to run it.
  await rig.queue.enqueue(task);
  await sleep(600);
  t.same(begun, []);
  t.match(await metricsOf(rig), /^hector_runs_held_total 1$/m);
  const resumed = await rig.store.resume(task.id, OWNER, Date.now());
  t.equal(resumed.type, 'resumed');
  await rig.queue.enqueue(task);
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED' });
});

t.test('with auto_resume on it goes on; acting on a decision, only with auto_resume_hitl (CHK-07, W-06)', async (t) => {
  const recovery = { autoResume: true, autoResumeHitl: false, timeoutMs: 3_600_000 };
  const { rig, task: decided } = await startWithDead(t, [{ ...CALL, status: 'intended', decision: { messageId: 'm', at: 1 } }]);
  const plain = await addDead(rig, [{ ...CALL, status: 'intended' }]);
  await rig.startWorker({ checkpoint: { enabled: true, recovery } });
  rig.startKeeper();
  t.match(await rig.untilEnded(plain), { state: 'TASK_STATE_COMPLETED' });
  await waitFor(async () => (await find(rig, decided)).heldSince !== undefined);
  t.match(await find(rig, decided), { state: 'TASK_STATE_WORKING', epoch: 2 });
});

t.test('older than recovery.timeout it ends, and says which key and how old (CHK-07)', async (t) => {
  const { rig, task, begun } = await startWithDead(t);
  await sleep(1_100);
  await rig.startWorker({ checkpoint: { enabled: true, recovery: { autoResume: true, autoResumeHitl: true, timeoutMs: 1_000 } } });
  rig.startKeeper();
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_FAILED', epoch: 2 });
  t.same(begun, []);
  const text =
    /its last commit, or the last time somebody resumed it, is \d+ s old, more than storage\.checkpoint\.recovery\.timeout allows \(1 s\)/;
  t.match((await rig.store.events(task.id, 0)).at(-1), { status: { message: { parts: [{ text }] } } });
});

t.test('a held run that nobody resumes or discards ends when it is too old (CHK-11)', async (t) => {
  const { rig, task } = await startWithDead(t);
  const recovery = { autoResume: false, autoResumeHitl: false, timeoutMs: 2_000 };
  await rig.startWorker({ checkpoint: { enabled: true, recovery } });
  rig.startKeeper();
  await waitFor(async () => (await find(rig, task)).heldSince !== undefined);
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_FAILED' });
  const text = /^The run's worker died, and nobody resumed or discarded it until .*storage\.checkpoint\.recovery\.timeout/;
  t.match((await rig.store.events(task.id, 0)).at(-1), { status: { message: { parts: [{ text }] } } });
});

t.test('what a worker gives back without a commit is no death: it is tried again, not held (CHK-07)', { timeout: 60_000 }, async (t) => {
  const rig = await startStepRig(t);
  const workers: string[] = [];
  rig.agents.set('helper', async ({ task }) => {
    workers.push(task.worker);
    if (workers.length < 3) throw new AppError('LLM_UNAVAILABLE');
    return FINISHED;
  });
  // Two workers: a second one that finds the first one's name would take it for dead.
  await rig.startWorker({ checkpoint: { enabled: true } });
  await rig.startWorker({ checkpoint: { enabled: true } });
  rig.startKeeper();
  const task = await rig.accept('helper');
  await waitFor(() => workers.length === 1);
  await waitFor(async () => workers.length > 1 || (await find(rig, task)).worker === '');
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED' });
});

t.test('a step that outlasts the drain is given back, and is no death to the next worker (CHK-07)', async (t) => {
  const rig = await startStepRig(t);
  let calls = 0;
  rig.agents.set('helper', async (_, { signal }) => {
    calls += 1;
    if (calls > 1) return FINISHED;
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  });
  const draining = await rig.startWorker({ checkpoint: { enabled: true } });
  const task = await rig.accept('helper');
  await waitFor(() => calls === 1);
  await draining.close(50);
  t.match(await find(rig, task), { state: 'TASK_STATE_WORKING', worker: '', step: 1 });
  await rig.startWorker({ checkpoint: { enabled: true } });
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED' });
});

t.test('between its steps a run keeps its worker’s name; handed over, it is nobody’s (R3)', async (t) => {
  const rig = await startStepRig(t);
  const draining = new AbortController();
  const names: string[] = [];
  rig.agents.set('helper', async ({ task }) => {
    names.push((await find(rig, task)).worker);
    if (task.step === 3) await once(draining.signal, 'abort');
    return task.step < 4 ? CONTINUE : FINISHED;
  });
  const worker = await rig.startWorker();
  const task = await rig.accept('helper');
  await waitFor(() => names.length === 3);
  t.not(names[0], '');
  t.same(new Set(names).size, 1, 'the same in every step');
  const closed = worker.close(10_000);
  draining.abort();
  await closed;
  t.match(await find(rig, task), { worker: '', step: 4 });
});

t.test('a wait ends in FAILED when its time is over, and the next run of its session goes on (CHK-11)', async (t) => {
  const rig = await startStepRig(t);
  rig.agents.set('asks', async () => ({ ...WAIT, expiresAfterMs: 700 }));
  await rig.startWorker();
  rig.startKeeper();
  const task = await rig.accept('asks', 'one-context');
  await waitFor(async () => (await find(rig, task)).state === 'TASK_STATE_INPUT_REQUIRED');
  const next = await rig.accept('asks', 'one-context');
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_FAILED' });
  const events = await rig.store.events(task.id, 0);
  t.match(events.at(-2), { status: { state: 'TASK_STATE_INPUT_REQUIRED' }, metadata: { why: 'asked' } });
  t.match(events.at(-1), { status: { message: { parts: [{ text: /^Nobody answered until .*server\.approval\.expires_after/ }] } } });
  t.match(await rig.untilEnded(next), { state: 'TASK_STATE_FAILED' });
  t.match(await metricsOf(rig), /^hector_runs_expired_total [12]$/m);
});

t.test('a wait ends when its step says; one that does not say never ends (CHK-11)', async (t) => {
  const rig = await startStepRig(t);
  const outcomes: StepOutcome[] = [{ ...WAIT, expiresAfterMs: 60_000 }, WAIT];
  rig.agents.set('asks', async () => outcomes.shift() ?? FINISHED);
  await rig.startWorker();
  const task = await rig.accept('asks');
  await waitFor(async () => (await find(rig, task)).state === 'TASK_STATE_INPUT_REQUIRED');
  const { expiresAt = 0, updatedAt } = await find(rig, task);
  t.equal(expiresAt - updatedAt, 60_000);
  const endless = await rig.accept('asks');
  await waitFor(async () => (await find(rig, endless)).state === 'TASK_STATE_INPUT_REQUIRED');
  t.equal((await find(rig, endless)).expiresAt, undefined);
});

t.test('a worker that stands still for half a second, again and again, keeps its run', async (t) => {
  const rig = await startStepRig(t);
  rig.agents.set('helper', async ({ task }) => {
    const until = performance.now() + 500;
    while (performance.now() < until);
    return task.step < 8 ? CONTINUE : FINISHED;
  });
  await rig.startWorker();
  rig.startKeeper();
  const epochs: number[] = [];
  // A busy machine may add a second of its own to the half one, which is more than a lease lasts.
  while (epochs.length < 4 && !epochs.includes(1)) {
    const { state, epoch } = await rig.untilEnded(await rig.accept('helper'));
    t.equal(state, 'TASK_STATE_COMPLETED');
    epochs.push(epoch);
  }
  t.ok(epochs.includes(1), `epochs ${epochs}`);
});

t.test('FLUSHALL under fifty running runs, again and again: each goes on where it is, under the epoch it has (L4)', async (t) => {
  const rig = await startStepRig(t);
  let isOver = false;
  const running = new Set<string>();
  rig.agents.set('helper', async ({ task }) => {
    running.add(task.id);
    await waitFor(() => isOver, 30_000);
    return FINISHED;
  });
  // Room for those that a mistaken takeover would begin.
  await rig.startWorker({ concurrency: 100 });
  rig.startKeeper();
  const tasks = await Promise.all(Array.from({ length: 50 }, () => rig.accept('helper')));
  await waitFor(() => running.size === tasks.length);
  const keys = tasks.map(({ id }) => `test:lease:{${id}}`);
  for (let loss = 0; loss < 5; loss += 1) {
    await rig.redisClient.flushall();
    await waitFor(async () => (await rig.redisClient.exists(...keys)) === keys.length);
  }
  isOver = true;
  const ended = await Promise.all(tasks.map((task) => rig.untilEnded(task)));
  t.same(
    ended
      .filter(({ epoch, state }) => epoch !== 1 || state !== 'TASK_STATE_COMPLETED')
      .map(({ id, epoch, state }) => ({ id, epoch, state })),
    [],
  );
  t.match(await metricsOf(rig), /^hector_takeovers_total 0$/m);
});

/** A run that a worker took, wrote these calls for, and died. Its agent finishes at once when somebody goes on with it. */
async function startWithDead(t: Test, calls: readonly ToolCallWrite[] = []) {
  const rig = await startStepRig(t);
  const begun: string[] = [];
  rig.agents.set('helper', async ({ task }) => {
    begun.push(task.id);
    return FINISHED;
  });
  return { rig, begun, task: await addDead(rig, calls) };
}

async function addDead(rig: Rig, toolCalls: readonly ToolCallWrite[]): Promise<TaskRecord> {
  const { id } = await rig.accept('helper');
  const taken = await rig.store.take(id, Date.now(), 'dead');
  if (taken.type !== 'taken') throw new Error(taken.type);
  const { epoch, step } = taken.task;
  if (toolCalls.length > 0) await rig.store.record({ taskId: id, epoch, step, toolCalls, at: Date.now() });
  return taken.task;
}

async function find(rig: Rig, { id }: Pick<TaskRecord, 'id'>): Promise<TaskRecord> {
  const record = await rig.store.find(id, undefined);
  if (record === undefined) throw new Error('the run is gone');
  return record;
}

async function metricsOf(rig: Rig): Promise<string> {
  return (await rig.metrics.render()).body;
}
