import t from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { createStepLedger } from '../../../src/steps/step-ledger.js';
import type { TaskRecord } from '../../../src/tasks/task-store.js';
import type { ToolCallStore } from '../../../src/tasks/tool-call.js';
import { sampleToolCall } from '../../support/sample-tool-call.js';

t.test('a lease that was over when the intent was recorded keeps the tool from running (R7)', async (t) => {
  const lost = new AbortController();
  const reason = new Error('the lease is over');
  const store = {
    record: async () => {
      lost.abort(reason);
      return 'recorded' as const;
    },
  } as unknown as ToolCallStore;
  const ledger = createStepLedger({ id: 'task', epoch: 1, step: 1 } as TaskRecord, store, { lost: lost.signal }, systemClock);
  let runs = 0;
  const act = async () => {
    await ledger.record([sampleToolCall({ status: 'intended' })]);
    runs += 1;
  };
  await t.rejects(act(), { code: 'STEP_ABORTED', cause: reason });
  t.equal(runs, 0);
});

t.test('a record that another worker’s take refused keeps the tool from running (R3)', async (t) => {
  const store = { record: async () => 'lost' as const } as unknown as ToolCallStore;
  const lease = { lost: new AbortController().signal };
  const ledger = createStepLedger({ id: 'task', epoch: 1, step: 1 } as TaskRecord, store, lease, systemClock);
  await t.rejects(ledger.record([sampleToolCall()]), { code: 'TASK_LOST' });
});
