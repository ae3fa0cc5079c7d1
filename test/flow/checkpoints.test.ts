/** Where a run's commits are, by checkpoint strategy (CHK-01…03), over real Redis and SQLite. */
import t, { type Test } from 'tap';
import type { StepContext, StepOutcome } from '../../src/agents/agent.js';
import { AppError } from '../../src/base/errors.js';
import type { CheckpointSettings } from '../../src/config/settings.js';
import type { TaskDelta } from '../../src/tasks/task-event.js';
import { waitFor } from '../support/coordination-steps.js';
import { OWNER, startStepRig } from '../support/step-rig.js';
import { artifact } from '../support/test-worker.js';

const EVERY_3: Partial<CheckpointSettings> = { enabled: true, strategy: 'interval', interval: { iterations: 3, ms: 0 } };

t.test('interval 3: three iterations are one commit; nothing of them is missing (CHK-01, R2, W-06)', async (t) => {
  const { record, events, roles, begun } = await run(t, { checkpoint: EVERY_3, iterations: 7 });
  t.match(record, { state: 'TASK_STATE_COMPLETED', step: 4, control: { n: 7 } });
  t.same(begun, ['1.1', '2.1', '3.1', '4.2', '5.2', '6.2', '7.3'], 'iteration and step');
  t.same(
    events.filter(({ type }) => type === 'artifact.updated').map((event) => event.type === 'artifact.updated' && textOf(event)),
    ['1 2 3 ', '4 5 6 ', '7 '],
  );
  t.equal(roles, 'user agent agent agent agent agent agent agent');
});

t.test('what goes on uncommitted was shown already: previews are the beginning of the commit’s text (R9)', async (t) => {
  const { events, deltas } = await run(t, { checkpoint: EVERY_3, iterations: 3 });
  await waitFor(() => deltas.map(({ text }) => text).join('').length >= 4);
  const shown = deltas.map(({ text }) => text).join('');
  const event = events.find(({ type }) => type === 'artifact.updated');
  t.match(shown, /^1 2 /, 'also of the iterations before the last');
  t.ok(event?.type === 'artifact.updated' && textOf(event).startsWith(shown), `shown: ${shown}`);
  t.same(new Set(deltas.map(({ seq, epoch }) => `${seq} ${epoch}`)).size, 1, 'they stand after the same event');
  t.same(
    deltas.map(({ n }) => n),
    deltas.map((_, index) => index + 1),
    'without a hole',
  );
});

t.test('an iteration after which the run acts on the world is committed at once (R7)', async (t) => {
  const { record, begun } = await run(t, { checkpoint: EVERY_3, iterations: 3, durable: [1] });
  t.same(begun, ['1.1', '2.2', '3.2']);
  t.equal(record.step, 3);
});

t.test('strategy event commits every iteration, whatever the interval (CHK-01)', async (t) => {
  const { begun } = await run(t, { checkpoint: { ...EVERY_3, strategy: 'event' }, iterations: 3 });
  t.same(begun, ['1.1', '2.2', '3.3']);
});

t.test('a temporary failure repeats its own iteration, none before it', { timeout: 60_000 }, async (t) => {
  const { record, begun, roles } = await run(t, { checkpoint: EVERY_3, iterations: 3, failsOnce: 3 });
  t.same(begun, ['1.1', '2.1', '3.1', '3.2']);
  t.match(record, { state: 'TASK_STATE_COMPLETED', step: 3 });
  t.equal(roles, 'user agent agent agent');
});

t.test('a worker that drains commits what it carried on, and hands the run over', async (t) => {
  const { record, begun } = await run(t, { checkpoint: EVERY_3, iterations: 3, drainsAt: 2 });
  t.same(begun, ['1.1', '2.1', '3.2']);
  t.match(record, { state: 'TASK_STATE_COMPLETED', epoch: 2 });
});

interface RunOptions {
  readonly checkpoint: Partial<CheckpointSettings>;
  readonly iterations: number;
  readonly durable?: readonly number[];
  readonly failsOnce?: number;
  readonly drainsAt?: number;
}

/** A run whose every iteration says its number. */
async function run(t: Test, { checkpoint, iterations, durable = [], failsOnce, drainsAt }: RunOptions) {
  const rig = await startStepRig(t);
  const begun: string[] = [];
  const deltas: TaskDelta[] = [];
  let onDrain = (): void => {};
  rig.agents.set('helper', async ({ task, history }, context) => {
    const n = Number(task.control.n ?? 0) + 1;
    begun.push(`${n}.${task.step}`);
    t.equal(history.length, n, 'each iteration sees those before it');
    if (n === 1) {
      const following = await rig.receiver.subscribe(
        task.id,
        (item) => item.type === 'delta' && deltas.push(item.delta),
        () => t.fail('a gap'),
      );
      t.teardown(() => following.close());
    }
    if (n === failsOnce && begun.filter((each) => each.startsWith(`${n}.`)).length === 1) throw new AppError('LLM_UNAVAILABLE');
    if (n === drainsAt) onDrain();
    return speak(n, n === iterations, durable.includes(n), context);
  });
  const worker = await rig.startWorker({ checkpoint });
  onDrain = () => void worker.close(10_000).then(() => rig.startWorker({ checkpoint }));
  const record = await rig.untilEnded(await rig.accept('helper'));
  const messages = await rig.store.sessionMessages(record);
  const events = await rig.store.events(record.id, 0);
  return { record, events, deltas, begun, roles: messages.map(({ role }) => role).join(' ') };
}

function speak(n: number, isLast: boolean, durable: boolean, { preview }: StepContext): StepOutcome {
  const text = `${n} `;
  preview('answer', String(n));
  preview('answer', ' ');
  const result = {
    control: { n },
    messages: [
      { id: `message-${n}`, role: 'agent' as const, author: OWNER, parts: [{ type: 'text' as const, text }], createdAt: Date.now() },
    ],
    events: [artifact([{ text }], { append: n > 1, lastChunk: isLast })],
  };
  return isLast ? { type: 'finished', ...result } : { type: 'continue', durable, ...result };
}

function textOf(event: { readonly artifact: { readonly parts: readonly { readonly text?: string }[] } }): string {
  return event.artifact.parts.map(({ text }) => text ?? '').join('');
}
