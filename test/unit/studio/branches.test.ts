/** Runs that branch, as the management API shows them: below their root, and never beside it. */
import t from 'tap';
import type { TaskRecord } from '../../../src/tasks/task-store.js';
import { branch, start, withTree } from '../../contract/child-runs.js';
import { sampleCommit } from '../../support/run-log-samples.js';
import { sampleToolCall } from '../../support/sample-tool-call.js';
import { approvalRequest, createStudioRig } from '../../support/studio-rig.js';

t.test('a run with branches is running, shows them, and says what it waits for', async (t) => {
  const { rig, root, a, b } = await branched();
  const { body } = await rig.call('GET', '/api/checkpoints');
  t.match((body as { checkpoints: unknown }).checkpoints, [{ task_id: root.id, status: 'running', branches: 2, branches_at_work: 2 }]);
  t.match((await rig.call('GET', '/api/checkpoints/stats')).body, { total: 1 });
  t.match((await rig.call('GET', `/api/checkpoints/${root.id}`)).body, {
    branch_runs: [
      { task_id: a.id, branch: 'a', root_task_id: root.id },
      { task_id: b.id, branch: 'b', parent_task_id: root.id },
    ],
  });
  const why = (await rig.call('GET', `/api/tasks/${root.id}/why`)).body as { evidence: readonly string[] };
  t.match(why, { rule: 'branched', summary: 'The run waits for 2 of its 2 branches.' });
  t.match(why.evidence[0], /^'a' .* is with the worker 'w1'/);
  t.match((await rig.call('GET', `/api/tasks/${a.id}/why`)).body, { rule: /.+/ }, 'a branch by its own id');
  await t.rejects(rig.call('DELETE', `/api/checkpoints/${a.id}`), { code: 'TASK_NOT_FOUND' }, 'it ends only with its root');
});

t.test('a held branch is found among those that are held, and resumed by its root (CHK-08)', async (t) => {
  const { rig, root, a, b } = await branched();
  await rig.store.hold(a.id, a.epoch, rig.clock.now());
  await rig.store.hold(b.id, b.epoch, rig.clock.now());
  const { body } = await rig.call('GET', '/api/checkpoints?status=held');
  t.match((body as { checkpoints: unknown }).checkpoints, [{ root_task_id: root.id }, { root_task_id: root.id }]);
  t.match((await rig.call('GET', `/api/tasks/${root.id}/why`)).body, { rule: 'branched', next: /hector tasks resume/ });
  t.match(await rig.call('POST', `/api/checkpoints/${a.id}/resume`), { status: 200, body: { task_id: a.id } });
  t.match(await rig.call('POST', `/api/checkpoints/${root.id}/resume`), { status: 200, body: { task_id: root.id } });
  t.same(rig.enqueued, [a.id, b.id]);
  await t.rejects(rig.call('POST', `/api/checkpoints/${root.id}/resume`), { code: 'CHECKPOINT_NOT_HELD' });
});

t.test('a call of a branch is decided at its root, which asks about it (TOOL-62)', async (t) => {
  const { rig, root, a, b } = await branched();
  const call = sampleToolCall({ callId: 'pay', status: 'awaiting' });
  await rig.store.commit(withTree(a, sampleCommit(a, 'TASK_STATE_INPUT_REQUIRED', { toolCalls: [call] })));
  await rig.store.commit(withTree(b, sampleCommit(b)));
  await rig.ask(await rig.take(root.id), [approvalRequest('pay')], []);
  const decide = (decision: string) => rig.call('POST', `/api/tasks/${root.id}/toolCalls/pay/decision`, { body: { decision } });
  t.match(await decide('approve'), { status: 200, body: { task_id: root.id, call_id: 'pay' } });
  const taken = await rig.take(root.id);
  const outcome = await branch(rig.store, taken, { starts: [], says: [{ taskId: a.id, message: start('x').messages[0] as never }] });
  t.match(outcome.wakes, [{ id: a.id }]);
  const again = await rig.take(a.id);
  await rig.store.commit(withTree(again, sampleCommit(again, 'TASK_STATE_COMPLETED', { toolCalls: [{ ...call, status: 'done' }] })));
  await t.rejects(decide('deny'), { code: 'TOOL_CALL_NOT_OPEN' });
});

async function branched() {
  const rig = createStudioRig();
  const root = await rig.take((await rig.accept()).id);
  const starts = [start('a'), start('b')];
  await branch(rig.store, root, { starts, says: [] }, { at: rig.clock.now() });
  const [a, b] = await Promise.all(starts.map(({ taskId }) => rig.take(taskId)));
  return { rig, root, a: a as TaskRecord, b: b as TaskRecord };
}
