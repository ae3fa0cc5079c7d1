import t from 'tap';
import type { StepOutcome } from '../../../src/agents/agent.js';
import type { CheckpointSettings } from '../../../src/config/settings.js';
import { checkpointPoints, isCarriedOn } from '../../../src/steps/checkpoint-policy.js';
import { storageSettings } from '../../support/test-settings.js';

const CONTINUE: StepOutcome = { type: 'continue', control: {}, messages: [], events: [] };
const WITH_TOOLS: StepOutcome = {
  ...CONTINUE,
  messages: [{ id: 'm', role: 'tool', author: 'helper', parts: [], createdAt: 0 }],
};

function settings(change: Partial<CheckpointSettings>): CheckpointSettings {
  return { ...storageSettings().checkpoint, enabled: true, ...change };
}

/** Iterations until the first commit, at most 10. */
function iterationsPerCommit(checkpoint: CheckpointSettings, outcome: StepOutcome, iterationMs = 0): number {
  for (let iterations = 1; iterations < 10; iterations += 1) {
    if (!isCarriedOn(checkpoint, outcome, { iterations, ageMs: iterations * iterationMs })) return iterations;
  }
  return 10;
}

t.test('how many iterations share a commit (CHK-01, CHK-02, CHK-03)', async (t) => {
  const every3 = { iterations: 3, ms: 0 };
  const every30s = { iterations: 0, ms: 30_000 };
  const cases: readonly [string, Partial<CheckpointSettings>, number][] = [
    ['not enabled: nothing else counts', { enabled: false, strategy: 'interval', interval: every3 }, 1],
    ['event: every one, whatever the interval', { strategy: 'event', interval: every3 }, 1],
    ['interval 0: every one', { strategy: 'interval' }, 1],
    ['interval 3', { strategy: 'interval', interval: every3 }, 3],
    ['hybrid 3', { strategy: 'hybrid', interval: every3 }, 3],
    ['interval of time', { strategy: 'interval', interval: every30s }, 3],
    ['before_llm: each model call finds everything committed', { strategy: 'interval', interval: every3, beforeLlm: true }, 1],
    ['after_tools: what tools gave is committed', { strategy: 'interval', interval: every3, afterTools: true }, 1],
  ];
  for (const [name, change, expected] of cases) t.equal(iterationsPerCommit(settings(change), WITH_TOOLS, 10_000), expected, name);
  t.equal(iterationsPerCommit(settings({ strategy: 'interval', interval: every3, afterTools: true }), CONTINUE), 3, 'no tool ran');
});

t.test('what acts on the world next is committed first, and so is what ends or pauses the run (R7)', async (t) => {
  const checkpoint = settings({ strategy: 'interval', interval: { iterations: 100, ms: 0 } });
  const work = { iterations: 1, ageMs: 0 };
  const statusMessage = { messageId: 'm', role: 'ROLE_AGENT' as const, parts: [{ text: 'Well?' }] };
  t.equal(isCarriedOn(checkpoint, CONTINUE, work), true);
  t.equal(isCarriedOn(checkpoint, { ...CONTINUE, durable: true }, work), false);
  t.equal(isCarriedOn(checkpoint, { ...CONTINUE, type: 'finished' }, work), false);
  t.equal(isCarriedOn(checkpoint, { ...CONTINUE, type: 'failed', statusMessage }, work), false);
  t.equal(isCarriedOn(checkpoint, { ...CONTINUE, type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', statusMessage }, work), false);
});

t.test('the points inside a step that the strategies ask for (CHK-01, CHK-03)', async (t) => {
  t.same(checkpointPoints(settings({ enabled: false, afterTools: true })), { afterModel: false, afterTools: false });
  t.same(checkpointPoints(settings({ strategy: 'event' })), { afterModel: true, afterTools: false });
  t.same(checkpointPoints(settings({ strategy: 'hybrid' })), { afterModel: true, afterTools: false });
  t.same(checkpointPoints(settings({ strategy: 'interval' })), { afterModel: false, afterTools: false });
  t.same(checkpointPoints(settings({ strategy: 'interval', afterTools: true })), { afterModel: true, afterTools: true });
});
