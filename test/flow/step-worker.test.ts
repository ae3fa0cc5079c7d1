/** The step worker over real Redis and SQLite, with agents whose steps the test makes. */
import t, { type Test } from 'tap';
import type { Agent, StepContext, StepOutcome, StepState } from '../../src/agents/agent.js';
import { systemClock } from '../../src/base/clock.js';
import { AppError } from '../../src/base/errors.js';
import { silentLogger } from '../../src/observe/log.js';
import { RunningTasks } from '../../src/steps/running-tasks.js';
import { BullStepQueue } from '../../src/steps/step-queue.js';
import { StepWorker } from '../../src/steps/step-worker.js';
import { SqlTaskStore } from '../../src/storage/sql/sql-task-store.js';
import { createAcceptMessage } from '../../src/tasks/accept-message.js';
import { createCancelTask } from '../../src/tasks/cancel-task.js';
import type { TaskRecord, TaskStore } from '../../src/tasks/task-store.js';
import { waitFor } from '../support/coordination-steps.js';
import { startRedisProcess } from '../support/redis-process.js';
import { createSqlite } from '../support/temp-database.js';
import { startTempRedis } from '../support/temp-redis.js';

const OWNER = 'somebody';
const EMPTY = { control: {}, messages: [], events: [] };
const CONTINUE: StepOutcome = { type: 'continue', ...EMPTY };
const FINISHED: StepOutcome = { type: 'finished', ...EMPTY };

t.test('a long run lets others have the worker when its time slice is over', async (t) => {
  const rig = await startRig(t);
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

t.test('a run alone keeps its worker, however long it takes', async (t) => {
  const rig = await startRig(t);
  rig.agents.set('long', async ({ task }) => (task.step < 100 ? CONTINUE : FINISHED));
  await rig.startWorker({ concurrency: 1, timeSliceMs: 1 });
  const ended = await rig.untilEnded(await rig.accept('long'));
  t.match(ended, { state: 'TASK_STATE_COMPLETED', step: 101, epoch: 1 });
});

t.test('a worker that drains hands its run over at the next commit; another goes on from there (R2)', async (t) => {
  const rig = await startRig(t);
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
  const rig = await startRig(t);
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
  const rig = await startRig(t);
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
  const rig = await startRig(t);
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
  const rig = await startRig(t);
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
  const rig = await startRig(t);
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

/** The store with another `take`. */
function withTake(store: TaskStore, take: TaskStore['take']): TaskStore {
  return {
    take,
    accept: (input) => store.accept(input),
    commit: (commit) => store.commit(commit),
    cancel: (...parameters) => store.cancel(...parameters),
    find: (...parameters) => store.find(...parameters),
    events: (...parameters) => store.events(...parameters),
    sequences: (taskIds) => store.sequences(taskIds),
    sessionMessages: (...parameters) => store.sessionMessages(...parameters),
    runnable: (...parameters) => store.runnable(...parameters),
  };
}

type RunStep = (state: StepState, context: StepContext) => Promise<StepOutcome>;

async function startRig(t: Test) {
  const [redis, temp] = await Promise.all([startTempRedis(t), createSqlite(t)]);
  const store = new SqlTaskStore(await temp.open());
  const agents = new Map<string, RunStep>();
  const shared = { clock: systemClock, log: silentLogger };
  const { connections, publisher, leases, cancels: signals } = await startRedisProcess(t, redis.url, { leaseMs: 2_000 });
  const queue = new BullStepQueue({ connection: connections.forQueue(), prefix: 'test', maxWaiting: 1_000, ...shared });
  t.teardown(() => queue.close());
  const acceptMessage = createAcceptMessage({ store, queue, publisher, clock: systemClock });
  let sent = 0;
  return {
    agents,
    store,
    cancel: createCancelTask({ store, queue, publisher, signals, clock: systemClock }),
    accept: (agent: string, contextId?: string) => {
      sent += 1;
      return acceptMessage({
        agent,
        owner: OWNER,
        tenant: '',
        configVersion: '0',
        message: { messageId: `${sent}`, role: 'ROLE_USER', parts: [{ text: 'Go' }], ...(contextId === undefined ? {} : { contextId }) },
      });
    },
    async untilEnded({ id }: Pick<TaskRecord, 'id'>): Promise<TaskRecord> {
      let record: TaskRecord | undefined;
      await waitFor(async () => {
        record = await store.find(id, OWNER);
        return /COMPLETED|FAILED|CANCELED/.test(record?.state ?? '');
      }, 30_000);
      return record as TaskRecord;
    },
    async startWorker(options: { concurrency?: number; timeSliceMs?: number; take?: TaskStore['take'] } = {}): Promise<StepWorker> {
      const running = new RunningTasks();
      const listening = await signals.listen((taskId) => running.cancel(taskId));
      t.teardown(() => listening.close());
      const worker = new StepWorker({
        connection: connections.forWorker(),
        prefix: 'test',
        concurrency: options.concurrency ?? 8,
        dependencies: {
          store: options.take === undefined ? store : withTake(store, options.take),
          leases,
          publisher,
          queue,
          running,
          getAgent: async (_, name): Promise<Agent> => ({ name, runStep: agents.get(name) as RunStep }),
          timeSliceMs: options.timeSliceMs ?? 1_000,
          ...shared,
        },
      });
      t.teardown(() => worker.close(0));
      await worker.ready();
      return worker;
    },
  };
}
