import t from 'tap';
import type { ChildRun } from '../../../src/agents/agent.js';
import type { CheckpointSettings } from '../../../src/config/settings.js';
import { decideRecovery, readRecoveryFacts } from '../../../src/steps/recovery-policy.js';
import type { TaskRecord } from '../../../src/tasks/task-store.js';
import type { ToolCallRecord, ToolCallStatus } from '../../../src/tasks/tool-call.js';
import { storageSettings } from '../../support/test-settings.js';

const HOUR_MS = 3_600_000;

function settings(recovery: Partial<CheckpointSettings['recovery']>, enabled = true): CheckpointSettings {
  const { checkpoint } = storageSettings();
  return { ...checkpoint, enabled, recovery: { ...checkpoint.recovery, ...recovery } };
}

t.test('what becomes of a run whose worker died (CHK-07)', async (t) => {
  const young = { idleMs: 1_000, actsOnDecision: false };
  const decided = { idleMs: 1_000, actsOnDecision: true };
  const old = { idleMs: 2 * HOUR_MS, actsOnDecision: false };
  t.same(decideRecovery(settings({}, false), old), { type: 'resume' }, 'not enabled: always taken over');
  t.match(decideRecovery(settings({}), young), { type: 'hold', key: 'storage.checkpoint.recovery.auto_resume', leftMs: HOUR_MS - 1_000 });
  t.match(decideRecovery(settings({ autoResumeHitl: true }), decided), { type: 'hold', key: 'storage.checkpoint.recovery.auto_resume' });
  t.same(decideRecovery(settings({ autoResume: true }), young), { type: 'resume' });
  t.match(decideRecovery(settings({ autoResume: true }), decided), { type: 'hold', key: 'storage.checkpoint.recovery.auto_resume_hitl' });
  t.same(decideRecovery(settings({ autoResume: true, autoResumeHitl: true }), decided), { type: 'resume' });
  t.match(decideRecovery(settings({ timeoutMs: 0 }), old), { type: 'hold', leftMs: undefined });
  t.same(decideRecovery(settings({ autoResume: true, timeoutMs: 0 }), old), { type: 'resume' }, 'no timeout');
  const failed = decideRecovery(settings({ autoResume: true }), old);
  t.match(failed, { type: 'fail', reason: /7200 s old.*storage\.checkpoint\.recovery\.timeout allows \(3600 s\)/ });
  t.equal(decideRecovery(settings({}), old).type, 'fail', 'too old to be worth holding');
});

t.test('which runs act on a decision of a person (CHK-07)', async (t) => {
  const decision = { messageId: 'm', at: 1 };
  const cases: readonly [string, boolean, { status: ToolCallStatus; step: number; decided?: boolean }][] = [
    ['answered, and its worker died before it looked', true, { status: 'awaiting', step: 4 }],
    ['told what became of an unknown call', true, { status: 'unknown', step: 4 }],
    ['approved before, not run', true, { status: 'approved', step: 4, decided: true }],
    ['approved in this step, being run', true, { status: 'intended', step: 5, decided: true }],
    ['denied in this step, not yet committed', true, { status: 'denied', step: 5, decided: true }],
    ['approved and done', false, { status: 'done', step: 5, decided: true }],
    ['denied long ago', false, { status: 'denied', step: 3, decided: true }],
    ['an ordinary call under way', false, { status: 'intended', step: 5 }],
    ['found unknown in this step, nobody was asked yet', false, { status: 'unknown', step: 5 }],
  ];
  for (const [name, expected, { decided, ...change }] of cases) {
    const call = { ...change, ...(decided ? { decision } : {}) } as ToolCallRecord;
    const facts = await readRecoveryFacts({ task: record({ step: 5 }), history: [] }, store({ calls: [call] }), 0);
    t.equal(facts.actsOnDecision, expected, name);
  }
});

t.test('of a run with many calls only the open ones are read', async (t) => {
  const queries: unknown[] = [];
  const reading = {
    ...store({}),
    toolCalls: async (_: string, query: unknown) => {
      queries.push(query);
      return [];
    },
  };
  await readRecoveryFacts({ task: record({ step: 5 }), history: [] }, reading, 0);
  t.same(queries, [{ openIn: 5 }]);
});

t.test('a run is as old as its last commit, however often it was taken since', async (t) => {
  const task = record({ createdAt: 1_000, updatedAt: 90_000, seq: 7 });
  const message = { id: 'm', role: 'agent' as const, author: 'helper', parts: [], createdAt: 40_000 };
  t.equal((await readRecoveryFacts({ task, history: [] }, store({ eventAt: 30_000 }), 100_000)).idleMs, 70_000, 'its last event');
  const resumed = { ...task, resumedAt: 80_000 };
  t.equal(
    (await readRecoveryFacts({ task: resumed, history: [] }, store({ eventAt: 30_000 }), 100_000)).idleMs,
    20_000,
    'somebody resumed it since',
  );
  t.equal(
    (await readRecoveryFacts({ task: resumed, history: [] }, store({ eventAt: 90_000 }), 100_000)).idleMs,
    10_000,
    'it committed since',
  );
  t.equal((await readRecoveryFacts({ task, history: [message] }, store({ eventAt: 30_000 }), 100_000)).idleMs, 60_000, 'its last message');
  const children = [{ updatedAt: 95_000 }, { updatedAt: 20_000 }] as unknown as readonly ChildRun[];
  const facts = await readRecoveryFacts({ task, history: [], children }, store({ eventAt: 30_000 }), 100_000);
  t.equal(facts.idleMs, 5_000, 'runs below it worked for longer than that');
});

function record(change: Partial<TaskRecord>): TaskRecord {
  return { id: 'task', seq: 1, step: 1, createdAt: 0, updatedAt: 0, ...change } as TaskRecord;
}

function store({ calls = [], eventAt = 0 }: { calls?: readonly ToolCallRecord[]; eventAt?: number }) {
  return {
    toolCalls: async () => calls,
    events: async (_: string, afterSeq: number) => [{ type: 'message.added', seq: afterSeq + 1, at: eventAt }] as never,
  };
}
