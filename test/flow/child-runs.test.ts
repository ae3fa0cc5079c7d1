/** Branches of a run as runs of their own, over real Redis and SQLite: agents that branch, wait, share state and join. */
import t from 'tap';
import type { StepOutcome, StepState } from '../../src/agents/agent.js';
import { writeOpenChildren } from '../../src/agents/open-children.js';
import { newId } from '../../src/base/ids.js';
import { type SessionMessage, textOf } from '../../src/tasks/session-message.js';
import type { TaskRecord } from '../../src/tasks/task-store.js';
import { waitFor } from '../support/coordination-steps.js';
import { startStepRig } from '../support/step-rig.js';

t.test('a run branches into eight and joins them; each sees what its parent saw, and the client one log (AGT-26)', async (t) => {
  const rig = await startStepRig(t);
  const seen = new Map<string, readonly string[]>();
  rig.agents.set('fan', async (state) => {
    if (state.children === undefined || state.children.length === 0) {
      return branch(
        Array.from({ length: 8 }, (_, index) => begin(`b${index}`, `part ${index}`, { inheritsHistory: true })),
        {
          messages: [says('fan', 'I split it')],
          sessionState: { plan: 'eight' },
        },
      );
    }
    return finished(state.children.map(({ key, messages }) => `${key}: ${messages.map(textOf).join()}`).join('\n'));
  });
  rig.agents.set('part', async (state, context) => {
    const { task, history, sessionState } = state;
    seen.set(task.child?.key ?? '', [...history.map(textOf), JSON.stringify(sessionState)]);
    t.match((await context.readEvents()).slice(0, 2), [{ type: 'task.created' }, { type: 'status.changed' }]);
    if (task.step === 1) return { type: 'continue', control: {}, messages: [says('part', 'half')], events: [artifact(task, 'half')] };
    return { ...finished('whole', [says('part', 'whole')]), events: [artifact(task, 'whole')] };
  });
  await rig.startWorker();
  await rig.startWorker();
  const { id } = await rig.accept('fan');
  const ended = await rig.untilEnded({ id });
  t.equal(ended.state, 'TASK_STATE_COMPLETED');
  const events = await rig.store.events(id, 0);
  t.same(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  t.equal(events.filter(({ type }) => type === 'artifact.updated').length, 16);
  t.equal(answerOf(events), Array.from({ length: 8 }, (_, index) => `b${index}: half,whole`).join('\n'));
  t.same(seen.get('b3'), ['Go', 'I split it', 'part 3', 'half', '{"plan":"eight"}']);
  t.same((await rig.store.sessionMessages(ended)).map(textOf), ['Go', 'I split it'], 'what children say stays with them');
});

t.test('a child that waits makes its parent ask, and hears the answer (R7)', async (t) => {
  const rig = await startStepRig(t);
  rig.agents.set('parent', async ({ task, children = [], history }) => {
    const { control } = task;
    const waiting = children.find(({ state }) => state === 'TASK_STATE_INPUT_REQUIRED');
    if (children.length === 0) return branch([begin('a', 'ask'), begin('b', 'work')]);
    if (waiting === undefined) return finished(children.map(({ state, messages }) => `${state} ${messages.map(textOf).join()}`).join('; '));
    const answer = history.at(-1);
    if (answer !== undefined && textOf(answer) === 'blue')
      return { ...nothing, type: 'branch', control, starts: [], says: [{ key: 'a', message: answer }] };
    return {
      ...nothing,
      control,
      type: 'wait',
      state: 'TASK_STATE_INPUT_REQUIRED',
      statusMessage: waiting.statusMessage ?? question(task),
    };
  });
  rig.agents.set('part', async ({ task, history }) => {
    const text = textOf(history.at(-1) as SessionMessage);
    if (text === 'ask') return { ...nothing, type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', statusMessage: question(task) };
    return finished(text, [says('part', `heard ${text}`)]);
  });
  await rig.startWorker();
  const task = await rig.accept('parent');
  await waitFor(async () => (await rig.store.find(task.id, undefined))?.state === 'TASK_STATE_INPUT_REQUIRED', 10_000);
  await rig.answer(task, 'blue');
  await rig.untilEnded(task);
  t.equal(answerOf(await rig.store.events(task.id, 0)), 'TASK_STATE_COMPLETED heard blue; TASK_STATE_COMPLETED heard work');
});

t.test('cancel ends the run with all its branches, and their work stops (R6)', async (t) => {
  const rig = await startStepRig(t);
  const stopped: string[] = [];
  let begun = 0;
  rig.agents.set('parent', async ({ children = [] }) =>
    children.length === 0 ? branch([begin('a', ''), begin('b', '')]) : finished('no'),
  );
  rig.agents.set('part', async ({ task }, { signal }) => {
    begun += 1;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    stopped.push(task.child?.key ?? '');
    return finished('no');
  });
  await rig.startWorker();
  const task = await rig.accept('parent');
  await waitFor(async () => begun === 2, 10_000);
  await rig.cancel(task.id, 'somebody');
  await waitFor(async () => stopped.length === 2, 10_000);
  t.match(await rig.store.descendants(task.id), Array(2).fill({ state: 'TASK_STATE_CANCELED' }));
  const { seq } = (await rig.store.find(task.id, undefined)) as TaskRecord;
  t.match(await rig.store.events(task.id, seq - 1), [{ status: { state: 'TASK_STATE_CANCELED' } }]);
});

const nothing = { control: {}, messages: [], events: [] } as const;

function branch(starts: Extract<StepOutcome, { type: 'branch' }>['starts'], rest: Partial<StepOutcome> = {}): StepOutcome {
  const control = writeOpenChildren(starts.map(({ key }) => key));
  return { ...nothing, type: 'branch', control, starts, says: [], ...rest } as StepOutcome;
}

function begin(key: string, text: string, { inheritsHistory = false } = {}) {
  const message: SessionMessage = { id: newId(), role: 'user', author: 'user', parts: [{ type: 'text', text }], createdAt: Date.now() };
  return { key, agent: 'part', messages: [message], inheritsHistory, state: 'shared' } as const;
}

function says(author: string, text: string): SessionMessage {
  return { id: newId(), role: 'agent', author, parts: [{ type: 'text', text }], createdAt: Date.now() };
}

function finished(text: string, messages: readonly SessionMessage[] = []) {
  return { ...nothing, type: 'finished', messages, statusMessage: { messageId: newId(), role: 'ROLE_AGENT', parts: [{ text }] } } as const;
}

function question({ contextId, id }: StepState['task']) {
  return { messageId: newId(), contextId, taskId: id, role: 'ROLE_AGENT', parts: [{ text: 'Which colour?' }] } as const;
}

function artifact({ child }: TaskRecord, text: string) {
  return {
    type: 'artifact.updated',
    artifact: { artifactId: child?.key ?? '', parts: [{ text }] },
    append: text === 'whole',
    lastChunk: true,
  } as const;
}

function answerOf(events: readonly { readonly type: string }[]): string | undefined {
  const last = events.at(-1) as { readonly status?: { readonly message?: { readonly parts: readonly { readonly text?: string }[] } } };
  return last.status?.message?.parts[0]?.text;
}
