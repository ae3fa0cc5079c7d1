/** The step worker over real Redis and SQLite, with agents whose steps the test makes. */
import t from 'tap';
import type { StepOutcome } from '../../src/agents/agent.js';
import { systemClock } from '../../src/base/clock.js';
import { AppError } from '../../src/base/errors.js';
import type { TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import { waitFor } from '../support/coordination-steps.js';
import { OWNER, startStepRig } from '../support/step-rig.js';

const EMPTY = { control: {}, messages: [], events: [] };
const CONTINUE: StepOutcome = { type: 'continue', ...EMPTY };
const FINISHED: StepOutcome = { type: 'finished', ...EMPTY };

t.test('a long run lets others have the worker when its time slice is over', async (t) => {
  const rig = await startStepRig(t);
  const deadline = performance.now() + 10_000;
  let waiting: Promise<TaskRecord> | undefined;
  rig.agents.set('long', async () => {
    waiting ??= rig.accept('short');
    const short = await rig.store.find((await waiting).id, OWNER);
    if (performance.now() > deadline) throw new Error('the long run was never interrupted');
    return short?.state === 'TASK_STATE_COMPLETED' ? FINISHED : CONTINUE;
  });
  rig.agents.set('short', async () => FINISHED);
  await rig.startWorker({ concurrency: 1, timeSliceMs: 1 });
  const long = await rig.accept('long');
  const ended = await rig.untilEnded(long);
  t.equal(ended.state, 'TASK_STATE_COMPLETED', 'the short run came in between');
  t.ok(ended.epoch >= 2, 'the long run was handed over and taken again');
});

t.test('a run that would have to begin anew elsewhere keeps its worker also while others wait', async (t) => {
  const rig = await startStepRig(t);
  let waiting: Promise<TaskRecord> | undefined;
  rig.agents.set('long', async ({ task }) => {
    waiting ??= rig.accept('short');
    await waiting;
    return task.step < 50 ? { ...CONTINUE, staysHere: true } : FINISHED;
  });
  rig.agents.set('short', async () => FINISHED);
  await rig.startWorker({ concurrency: 1, timeSliceMs: 1 });
  const ended = await rig.untilEnded(await rig.accept('long'));
  t.match(ended, { state: 'TASK_STATE_COMPLETED', epoch: 1 });
  await rig.untilEnded((await waiting) as TaskRecord);
});

t.test('a run alone keeps its worker, however long it takes', async (t) => {
  const rig = await startStepRig(t);
  rig.agents.set('long', async ({ task }) => (task.step < 100 ? CONTINUE : FINISHED));
  await rig.startWorker({ concurrency: 1, timeSliceMs: 1 });
  const ended = await rig.untilEnded(await rig.accept('long'));
  t.match(ended, { state: 'TASK_STATE_COMPLETED', step: 101, epoch: 1 });
});

t.test('a worker that drains hands its run over at the next commit; another goes on from there (R2)', async (t) => {
  const rig = await startStepRig(t);
  const gate = openGate();
  const steps: number[] = [];
  rig.agents.set('helper', async ({ task }) => {
    steps.push(task.step);
    await gate.opened;
    return task.step < 3 ? CONTINUE : FINISHED;
  });
  const draining = await rig.startWorker();
  const task = await rig.accept('helper');
  await waitFor(() => steps.length === 1);
  const closed = draining.close(10_000);
  gate.open();
  await closed;
  t.match(await rig.store.find(task.id, OWNER), { state: 'TASK_STATE_WORKING', step: 2, epoch: 1 }, 'one step was committed, not more');
  await rig.startWorker();
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED', step: 4, epoch: 2 });
  t.same(steps, [1, 2, 3], 'each step was done once');
});

t.test('a step that outlasts the drain is aborted and done again elsewhere (R2)', async (t) => {
  const rig = await startStepRig(t);
  const reasons: unknown[] = [];
  rig.agents.set('helper', async (_, { signal }) => {
    if (reasons.length > 0) return FINISHED;
    reasons.push(undefined);
    return untilAborted(signal, (reason) => {
      reasons[0] = reason;
    });
  });
  const draining = await rig.startWorker();
  const task = await rig.accept('helper');
  await waitFor(() => reasons.length === 1);
  await draining.close(50);
  t.match(reasons[0], { code: 'STEP_ABORTED' });
  t.match(await rig.store.find(task.id, OWNER), { state: 'TASK_STATE_WORKING', step: 1 }, 'nothing was committed');
  await rig.startWorker();
  t.match(await rig.untilEnded(task), { state: 'TASK_STATE_COMPLETED', step: 2, epoch: 2 });
});

t.test('a canceled run stops, commits nothing, and lets the next one of its session go on (R6)', async (t) => {
  const rig = await startStepRig(t);
  const reasons: unknown[] = [];
  const order: string[] = [];
  rig.agents.set('helper', async ({ task }, { signal }) => {
    order.push(task.id);
    if (order.length > 1) return FINISHED;
    return untilAborted(signal, (reason) => reasons.push(reason));
  });
  await rig.startWorker();
  const first = await rig.accept('helper', 'one-context');
  const second = await rig.accept('helper', 'one-context');
  await waitFor(() => order.length === 1);
  t.equal((await rig.cancel(first.id, OWNER)).state, 'TASK_STATE_CANCELED');
  t.match(await rig.untilEnded(second), { state: 'TASK_STATE_COMPLETED' });
  t.match(reasons, [{ code: 'TASK_CANCELED' }]);
  t.same(order, [first.id, second.id]);
  const log = await rig.store.events(first.id, 0);
  t.match(log.at(-1), { type: 'status.changed', status: { state: 'TASK_STATE_CANCELED' } });
  t.match(await rig.store.find(first.id, OWNER), { state: 'TASK_STATE_CANCELED', step: 1 });
});

t.test('a step committed in the instant of a cancel is refused, and its task stays canceled (R3, R6)', async (t) => {
  const rig = await startStepRig(t);
  const steps: number[] = [];
  rig.agents.set('helper', async ({ task }) => {
    steps.push(task.step);
    // Not announced: the worker learns of it from the log alone.
    if (task.contextId === 'canceled') await rig.store.cancel(task.id, OWNER, undefined, Date.now());
    return FINISHED;
  });
  await rig.startWorker({ concurrency: 1 });
  const task = await rig.accept('helper', 'canceled');
  await rig.untilEnded(await rig.accept('helper'));
  t.match(await rig.store.find(task.id, OWNER), { state: 'TASK_STATE_CANCELED', step: 1 });
  t.same(
    (await rig.store.events(task.id, 0)).map((event) => (event.type === 'status.changed' ? event.status.state : event.type)),
    ['task.created', 'TASK_STATE_WORKING', 'TASK_STATE_CANCELED'],
  );
});

t.test('a temporary failure of an agent is tried five times, then the run fails', { timeout: 60_000 }, async (t) => {
  const rig = await startStepRig(t);
  const calls = { always: 0, four: 0 };
  const unavailable = () => new AppError('LLM_UNAVAILABLE', { message: 'The model does not answer' });
  rig.agents.set('always', async () => {
    calls.always += 1;
    throw unavailable();
  });
  rig.agents.set('four', async () => {
    calls.four += 1;
    if (calls.four <= 4) throw unavailable();
    return FINISHED;
  });
  await rig.startWorker();
  const [always, four] = await Promise.all([rig.accept('always'), rig.accept('four')]);
  const [failed, finished] = await Promise.all([rig.untilEnded(always), rig.untilEnded(four)]);
  t.equal(failed.state, 'TASK_STATE_FAILED');
  t.equal(finished.state, 'TASK_STATE_COMPLETED');
  t.same(calls, { always: 5, four: 5 });
  t.match((await rig.store.events(always.id, 0)).at(-1), {
    type: 'status.changed',
    status: { message: { parts: [{ text: 'The model provider cannot be reached' }] } },
  });
});

t.test('what the stores failed to do does not use up the tries of an agent', { timeout: 60_000 }, async (t) => {
  const rig = await startStepRig(t);
  let outages = 5;
  let calls = 0;
  rig.agents.set('helper', async () => {
    calls += 1;
    if (calls === 1) throw new AppError('LLM_UNAVAILABLE');
    return FINISHED;
  });
  const take: TaskStore['take'] = async (taskId, at) => {
    outages -= 1;
    if (outages >= 0) throw new AppError('DATABASE_UNAVAILABLE');
    return rig.store.take(taskId, at);
  };
  await rig.startWorker({ take });
  const ended = await rig.untilEnded(await rig.accept('helper'));
  t.equal(ended.state, 'TASK_STATE_COMPLETED');
  t.equal(calls, 2);
});

t.test('each step has five tries of its own', { timeout: 60_000 }, async (t) => {
  const rig = await startStepRig(t);
  const steps: number[] = [];
  rig.agents.set('helper', async ({ task }) => {
    steps.push(task.step);
    if (steps.filter((step) => step === task.step).length <= 3) throw new AppError('LLM_UNAVAILABLE');
    return task.step === 1 ? CONTINUE : FINISHED;
  });
  await rig.startWorker();
  t.equal((await rig.untilEnded(await rig.accept('helper'))).state, 'TASK_STATE_COMPLETED');
  t.same(steps, [1, 1, 1, 1, 2, 2, 2, 2]);
});

t.test('an idle worker stops in seconds while Redis is away, not at the end of its budget', { timeout: 60_000 }, async (t) => {
  const rig = await startStepRig(t);
  const worker = await rig.startWorker();
  await rig.redis.kill('SIGKILL');
  const budget = new AbortController();
  const late = systemClock.sleep(20_000, budget.signal).then(() => 'late');
  t.equal(await Promise.race([worker.close(30_000).then(() => 'closed'), late]), 'closed');
  budget.abort();
  await late.catch(() => undefined);
});

function openGate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function untilAborted(signal: AbortSignal, tell: (reason: unknown) => void): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => {
      tell(signal.reason);
      reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
