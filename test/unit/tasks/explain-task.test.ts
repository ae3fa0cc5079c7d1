import t from 'tap';
import { explainTask } from '../../../src/tasks/explain-task.js';
import type { TaskFacts } from '../../../src/tasks/task-facts.js';
import type { TaskRecord } from '../../../src/tasks/task-store.js';

const NOW = Date.UTC(2026, 0, 5, 10);

function sampleTask(change: Partial<TaskRecord> = {}): TaskRecord {
  return {
    ...{ id: 't1', agent: 'helper', owner: 'ada', contextId: 'c1', tenant: '', state: 'TASK_STATE_WORKING', epoch: 3, step: 4, takes: 1 },
    ...{ seq: 9, turn: 1, configVersion: 'v1', control: {}, traceparent: '', worker: '', heldSince: undefined, expiresAt: undefined },
    ...{ createdAt: NOW - 60_000, updatedAt: NOW - 3_200 },
    ...change,
  };
}

function sampleFacts(change: Partial<TaskFacts> = {}): TaskFacts {
  return {
    ...{ now: NOW, leaseMs: 1_500, orphanMs: 250, lostJobMs: 3_000, openCalls: [], isConfigStored: true, leaseRemainingMs: 0 },
    ...{ job: { type: 'none' }, workers: 2, isKeeperOnDuty: true, redisRefusal: undefined, front: undefined },
    ...change,
  };
}

const explain = (task: Partial<TaskRecord>, facts: Partial<TaskFacts> = {}) => explainTask(sampleTask(task), sampleFacts(facts));
const RUNNING = { worker: 'w1' };
const WAITING = { state: 'TASK_STATE_INPUT_REQUIRED', expiresAt: NOW + 3_600_000 } as const;

t.test('a run that ended says so, and that nothing brings it back (R5)', async (t) => {
  t.match(explain({ state: 'TASK_STATE_FAILED' }), {
    rule: 'ended',
    summary: 'The run has ended (TASK_STATE_FAILED).',
    evidence: ['It ended 2026-01-05T09:59:56.800Z (3.2 s ago), after 3 committed steps.'],
    next: /^Nothing/,
  });
});

t.test('a run that waits names each open call, its end, and how to answer (TOOL-62)', async (t) => {
  const openCalls = [
    { callId: 'a', tool: 'charge', asks: 'approval' },
    { callId: 'b', tool: 'mail', asks: 'outcome' },
  ] as const;
  const waits = explain(WAITING, { openCalls });
  t.match(waits, { rule: 'waiting', summary: 'The run waits for an answer until 2026-01-05T11:00:00.000Z (in 1 h).' });
  t.match(
    waits.evidence.join('\n'),
    /since 2026-01-05T09:59:56\.800Z[\s\S]*call 'a' of the tool 'charge' needs an approval[\s\S]*call 'b' .* may have/,
  );
  t.match(waits.next, 'POST /api/tasks/t1/toolCalls/a/decision with {"decision": "approve" or "deny"}');
  t.match(waits.next, 'hector tasks done|retry|skip t1 --call b');
  t.match(explain({ ...WAITING, expiresAt: undefined }), { rule: 'waiting', next: /message with the taskId 't1' to the agent 'helper'/ });
  t.match(explain(WAITING, { openCalls: undefined }).evidence.join(), /could not be read/);
});

t.test('a wait that is over waits for the keeper, or for somebody to start one', async (t) => {
  const over = { ...WAITING, expiresAt: NOW - 1 };
  t.match(explain(over), { rule: 'expired', next: /keeper ends it as TASK_STATE_FAILED/ });
  t.match(explain(over, { isKeeperOnDuty: false }), { rule: 'expired', next: /Start a process with the role keeper/ });
});

t.test('a held run names the key that holds it and both ways on (CHK-08)', async (t) => {
  const held = explain({ heldSince: NOW - 120_000 });
  t.match(held, { rule: 'held', summary: /held since 2026-01-05T09:58:00\.000Z \(2 min ago\)/ });
  t.match(held.evidence[0], 'storage.checkpoint.recovery.auto_resume');
  t.match(held.next, /POST \/api\/checkpoints\/t1\/resume .* DELETE \/api\/checkpoints\/t1 /);
});

t.test('a run behind another tells which, and what holds that one', async (t) => {
  const front = { task: sampleTask({ id: 't0', ...WAITING }), facts: sampleFacts() };
  const behind = explain({ turn: 2, state: 'TASK_STATE_SUBMITTED' }, { front });
  t.match(behind, {
    rule: 'behind',
    summary: "The run waits for an earlier one of its session, 't0'.",
    front: { taskId: 't0', explanation: { rule: 'waiting' } },
    next: /taskId 't0'/,
  });
  t.match(behind.evidence.join(), "What holds 't0': The run waits for an answer");
});

t.test('a running run names its worker and its step', async (t) => {
  t.match(explain(RUNNING, { leaseRemainingMs: 1_200 }), {
    rule: 'running',
    summary: "The worker 'w1' runs step 4; it last wrote 3.2 s ago.",
    evidence: [/epoch 3/, /w1/, 'Its lease ends in 1.2 s unless it is renewed.'],
  });
  t.match(explain({}, { leaseRemainingMs: 1_200 }), { rule: 'running', summary: /takes the run/ });
});

t.test('a worker that missed renewals may be dead: when its lease ends and when the sweep comes', async (t) => {
  t.match(explain(RUNNING, { leaseRemainingMs: 400 }), {
    rule: 'worker-died',
    summary: /has not renewed its lease for 1\.1 s/,
    next: /lease ends in 400 ms .* within 250 ms/,
  });
});

t.test('a dead worker is made up for by the sweep, or by a job that is there already', async (t) => {
  t.match(explain(RUNNING), { rule: 'worker-died', summary: /died in step 4/, next: /within 250 ms/ });
  const waiting = { job: { type: 'waiting', before: 0 }, isKeeperOnDuty: false } as const;
  t.match(explain(RUNNING, waiting), { rule: 'worker-died', next: /its job is there/ });
});

t.test('without a keeper nobody sweeps, which only matters to a run without a job', async (t) => {
  t.match(explain(RUNNING, { isKeeperOnDuty: false }), { rule: 'no-keeper', next: /--roles keeper/ });
  t.match(explain({}, { isKeeperOnDuty: false }), { rule: 'no-keeper' });
  t.match(explain({}, { isKeeperOnDuty: false, job: { type: 'active' } }), { rule: 'queued' });
});

t.test('a queued run tells how many jobs are before it and how many workers live', async (t) => {
  t.match(explain({}, { job: { type: 'waiting', before: 7 } }), {
    rule: 'queued',
    summary: 'The run is queued for step 4. 7 jobs before it. 2 worker processes alive.',
  });
  t.match(
    explain({}, { job: { type: 'delayed', dueAt: NOW + 500 } }).evidence.join(),
    /tried again 2026-01-05T10:00:00\.500Z \(in 500 ms\)/,
  );
  t.match(explain({}, { job: undefined, workers: undefined }), {
    rule: 'queued',
    evidence: [/SQL/, /no worker/, /lease/, /not known/, /not known/, /keeper/],
  });
});

t.test('without a worker process the role agent is missing', async (t) => {
  t.match(explain({}, { workers: 0, job: { type: 'waiting', before: 0 } }), { rule: 'no-worker', next: /hector serve --roles agent/ });
  t.match(explain(RUNNING, { workers: 0 }), { rule: 'no-worker' });
});

t.test('a run that lost its job is given one by the sweep', async (t) => {
  t.match(explain({}), { rule: 'orphaned', next: /gives it a job within 3 s/ });
});

t.test('a Redis that refuses writes is named, and nobody is blamed for not being there', async (t) => {
  const redisRefusal = "OOM command not allowed when used memory > 'maxmemory'.";
  for (const facts of [{ isKeeperOnDuty: false }, { isKeeperOnDuty: false, workers: 0 }, {}]) {
    const explanation = explain({}, { ...facts, redisRefusal });
    t.match(explanation, { rule: 'redis-refuses', summary: /refuses writes/, next: /memory/ });
    t.match(explanation.evidence.join(), /Redis says: OOM command not allowed/);
  }
  t.match(explain(RUNNING, { leaseRemainingMs: 1_200, redisRefusal }), { rule: 'running' }, 'as long as the lease lives');
});

t.test('how often a step was begun is said as people say it', async (t) => {
  const evidence = (takes: number) => explain({ takes }).evidence.join();
  t.match(evidence(1), /step 4, begun once since the last commit/);
  t.match(evidence(2), /begun 2 times since/);
  t.match(evidence(0), /begun 0 times since/);
});

t.test('a step that keeps failing is about to be given up', async (t) => {
  t.match(explain({ takes: 7 }, { job: { type: 'active' } }), { rule: 'queued' });
  t.match(explain({ takes: 8 }), { rule: 'giving-up', summary: /begun 8 times without a commit; at the 11th time/, next: /logs/ });
  t.match(explain({ takes: 8, ...RUNNING }, { leaseRemainingMs: 1_200 }).evidence.join(), /holds its lease now/);
});

t.test('a configuration version that nobody stored stops a run (R12)', async (t) => {
  t.match(explain({}, { isConfigStored: false }), { rule: 'config-missing', summary: /'v1'/ });
});

t.test('with Redis away SQL still speaks', async (t) => {
  const away = { leaseRemainingMs: undefined, job: undefined, workers: undefined, isKeeperOnDuty: undefined };
  t.match(explain(RUNNING, away), { rule: 'redis-away', evidence: [/step 4/, /worker 'w1'/] });
  t.match(explain({ heldSince: NOW }, away), { rule: 'held' });
  t.match(explain(WAITING, away), { rule: 'waiting' });
});
