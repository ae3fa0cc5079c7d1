/** Runs below runs: what every task store owes them (ARCHITECTURE §5, R4–R6). */
import type { Test } from 'tap';
import { newId } from '../../src/base/ids.js';
import type { TaskState } from '../../src/protocol/a2a.js';
import type { BranchWrite, ChildStartWrite } from '../../src/tasks/child-runs.js';
import type { StepCommit, TaskRecord } from '../../src/tasks/task-store.js';
import { acceptNew, sampleAccept, sampleArtifact, sampleCommit, sampleMessage, takeNow } from '../support/run-log-samples.js';
import type { OpenRecoverable, RecoverableStore } from './recovery-store.js';

export async function childRunSuite(t: Test, open: OpenRecoverable): Promise<void> {
  await t.test('a branch makes its children in the commit of the parent, which stands until the last of them has left', async (t) => {
    const [store, other] = await open(t);
    const root = await takeNow(store, (await acceptNew(store)).id);
    const [a, b] = [start('a'), start('b')];
    const outcome = await branch(store, root, { starts: [a, b], says: [] });
    t.match(outcome, { type: 'committed', task: { state: 'TASK_STATE_WORKING', step: 2, worker: '', children: 2, openChildren: 2 } });
    t.same(
      outcome.wakes?.map(({ id }) => id),
      [a.taskId, b.taskId],
    );
    t.match(await other.find(a.taskId, undefined), {
      ...{ state: 'TASK_STATE_SUBMITTED', agent: 'writer', owner: 'ada', configVersion: 'v1', contextId: a.taskId },
      child: { parentId: root.id, rootId: root.id, key: 'a', ordinal: 1, application: 'helper' },
    });
    t.match(await other.take(root.id, Date.now()), { type: 'not-runnable' });
    t.match(await store.commit(sampleCommit(outcome.task)), { type: 'lost' }, 'nor can the worker that had it go on');
    t.same((await store.runnable(Number.MAX_SAFE_INTEGER, 10)).map(({ id }) => id).sort(), [a.taskId, b.taskId].sort());
    const first = await store.commit(sampleCommit(await takeNow(store, b.taskId), 'TASK_STATE_COMPLETED'));
    t.match(first, { type: 'committed', wakes: undefined, events: [] });
    t.match(await store.take(root.id, Date.now()), { type: 'not-runnable' });
    const last = await other.commit(sampleCommit(await takeNow(other, a.taskId), 'TASK_STATE_FAILED'));
    t.match(last, { type: 'committed', wakes: [{ id: root.id, openChildren: 0, state: 'TASK_STATE_WORKING' }] });
    t.match(await store.runnable(Number.MAX_SAFE_INTEGER, 10), [{ id: root.id }]);
    t.match(await store.take(root.id, Date.now()), { type: 'taken', task: { step: 2, epoch: 2 } });
    t.match(await store.children(root.id), [{ task: { state: 'TASK_STATE_FAILED' } }, { task: { state: 'TASK_STATE_COMPLETED' } }]);
  });

  await t.test('a run and all below it keep the roles of its caller; without any, none is wanted (API-74)', async (t) => {
    const [store, other] = await open(t);
    for (const callerRoles of [['staff', 'a "role"'], [], undefined]) {
      const rows = callerRoles === undefined ? {} : { callerRoles };
      const root = await takeNow(store, (await acceptNew(store, rows)).id);
      const child = start('a');
      await branch(store, root, { starts: [child], says: [] });
      const below = start('b');
      await branch(store, await takeNow(store, child.taskId), { starts: [below], says: [] });
      const found = await Promise.all([root.id, child.taskId, below.taskId].map((id) => other.find(id, undefined)));
      t.same(
        found.map((run) => run?.callerRoles),
        [callerRoles, callerRoles, callerRoles],
      );
      t.same((await takeNow(store, below.taskId)).callerRoles, callerRoles);
      t.notOk('callerRoles' in (found[1]?.child ?? {}));
    }
  });

  await t.test('a commit without a hint at its tree is as good as one with it', async (t) => {
    const { store, root, children } = await branched(t, open, ['a']);
    const [a] = children as [TaskRecord];
    const { tree: _, ...commit } = sampleCommit(a, 'TASK_STATE_COMPLETED', {
      events: [sampleArtifact('A'), status('TASK_STATE_COMPLETED')],
    });
    t.match(await store.commit(commit), {
      type: 'committed',
      wakes: [{ id: root.id }],
      events: [{ taskId: root.id, type: 'artifact.updated' }],
    });
  });

  await t.test('what children put out is in the log of the root, gapless; their statuses are in their own (R4)', async (t) => {
    const { store, root, children } = await branched(t, open, ['a', 'b', 'c', 'd']);
    const outcomes = await Promise.all(
      children.map(async (child, index) => {
        const first = await store.commit(
          withTree(child, sampleCommit(child, 'TASK_STATE_WORKING', { goesOn: true, events: [sampleArtifact(`${index}1`)] })),
        );
        if (first.type !== 'committed') throw new Error('lost');
        const events = [sampleArtifact(`${index}2`), status('TASK_STATE_COMPLETED', `done ${index}`)];
        const second = await store.commit(withTree(child, sampleCommit(first.task, 'TASK_STATE_COMPLETED', { events })));
        return [first, second];
      }),
    );
    const published = outcomes.flat().flatMap((outcome) => (outcome.type === 'committed' ? outcome.events : []));
    const events = await store.events(root.id, 0);
    t.same(
      events.map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    t.same(
      published.toSorted((x, y) => x.seq - y.seq),
      events.slice(2),
    );
    for (const [index, child] of children.entries()) {
      const types = (await store.events(child.id, 0)).map((event) => (event.type === 'status.changed' ? event.status.state : event.type));
      t.same(types, ['task.created', 'TASK_STATE_WORKING', 'TASK_STATE_COMPLETED']);
      const found = (await store.children(root.id))[index];
      t.match(found, { task: { id: child.id }, statusMessage: { parts: [{ text: `done ${index}` }] } });
    }
  });

  await t.test('messages are read of those children only whose messages are wanted', async (t) => {
    const { store, root, children } = await branched(t, open, ['a', 'b']);
    for (const child of children)
      await store.commit(withTree(child, { ...sampleCommit(child), messages: [sampleMessage(`of ${child.id}`)] }));
    const [a, b] = await store.children(root.id);
    t.match([a?.messages.length, b?.messages.length], [1, 1]);
    t.match(await store.children(root.id, [b?.task.child?.key ?? '']), [{ messages: [] }, { messages: [{ id: /./ }] }]);
    t.match(await store.children(root.id, []), [{ task: { id: a?.task.id }, messages: [] }, { messages: [] }]);
  });

  await t.test('clients see no child: neither found, listed, counted, canceled nor continued', async (t) => {
    const { store, root, children } = await branched(t, open, ['a', 'b']);
    const [a, b] = children as [TaskRecord, TaskRecord];
    await store.commit(withTree(b, sampleCommit(b, 'TASK_STATE_INPUT_REQUIRED')));
    t.equal(await store.find(a.id, 'ada'), undefined);
    t.equal(await store.findHead(a.id, 'ada'), undefined);
    t.same(await store.cancel(a.id, 'ada', undefined, Date.now()), { type: 'not-found' });
    t.match(await store.accept(sampleAccept({ taskId: b.id, key: { agent: b.agent, owner: 'ada', contextId: b.id } })), {
      type: 'not-found',
    });
    t.match(await store.openRuns({ limit: 10 }), [{ id: root.id }]);
    t.match(await store.statistics(undefined, Date.now()), { total: 1 });
    t.match(await store.descendants(root.id), [{ id: a.id }, { id: b.id }]);
  });

  await t.test('a child that waits has left; told something, it works again, and its parent stands', async (t) => {
    const { store, root, children } = await branched(t, open, ['a', 'b']);
    const [a, b] = children as [TaskRecord, TaskRecord];
    const waiting = sampleCommit(a, 'TASK_STATE_INPUT_REQUIRED', { events: [status('TASK_STATE_INPUT_REQUIRED', 'which?')] });
    t.match(await store.commit(withTree(a, waiting)), { type: 'committed', wakes: undefined });
    t.match(await store.commit(withTree(b, sampleCommit(b))), { type: 'committed', wakes: [{ id: root.id }] });
    const taken = await takeNow(store, root.id);
    t.match(await store.children(root.id), [{ statusMessage: { parts: [{ text: 'which?' }] } }, {}]);
    const message = sampleMessage('this one', { role: 'user', author: 'user' });
    const said = await branch(store, taken, { starts: [], says: [{ taskId: a.id, message }] });
    t.match(said, { task: { children: 2, openChildren: 1 }, wakes: [{ id: a.id, state: 'TASK_STATE_WORKING' }] });
    t.match(await store.take(root.id, Date.now()), { type: 'not-runnable' });
    const again = await takeNow(store, a.id);
    t.match(await store.commit(withTree(again, sampleCommit(again))), { type: 'committed', wakes: [{ id: root.id }] });
    t.match(
      (await store.events(a.id, 0)).map(({ type }) => type),
      ['task.created', 'status.changed', 'status.changed', 'message.added', 'status.changed', 'status.changed'],
    );
  });

  await t.test('a message to a child that has ended meanwhile leaves the parent runnable', async (t) => {
    const { store, root, children } = await branched(t, open, ['a']);
    const [a] = children as [TaskRecord];
    await store.commit(withTree(a, sampleCommit(a, 'TASK_STATE_INPUT_REQUIRED', { expiresAt: 5 })));
    const taken = await takeNow(store, root.id);
    t.same(await store.expire(a.id, 'too late', 6), { type: 'not-due' }, 'whoever has the parent has read that it waits');
    const said = await branch(store, taken, { starts: [], says: [{ taskId: a.id, message: sampleMessage('x') }] });
    t.match(said, { wakes: [{ id: root.id, openChildren: 0 }] });
    const again = await takeNow(store, root.id);
    await store.commit(withTree(again, sampleCommit(again, 'TASK_STATE_INPUT_REQUIRED')));
    t.match(await store.expire(a.id, 'too late', 7), { type: 'expired', wakes: [{ id: root.id, state: 'TASK_STATE_WORKING' }] });
    await takeNow(store, root.id);
    t.match(await store.children(root.id), [{ task: { state: 'TASK_STATE_FAILED' } }]);
  });

  await t.test('the end of a root ends all below it in the same transaction, and nothing of them comes after (R5, R6)', async (t) => {
    const { store, root, children } = await branched(t, open, ['a', 'b']);
    const [a, b] = children as [TaskRecord, TaskRecord];
    const grand = start('deep');
    const below = await branch(store, a, { starts: [grand], says: [] });
    t.match(below, { type: 'committed', task: { openChildren: 1 } });
    const deep = await takeNow(store, grand.taskId);
    const canceled = await store.cancel(root.id, 'ada', undefined, Date.now());
    t.match(canceled, { type: 'canceled' });
    if (canceled.type === 'canceled') t.same(canceled.ended?.map(({ id }) => id).sort(), [a.id, b.id, deep.id].sort());
    const { seq } = (await store.find(root.id, undefined)) as TaskRecord;
    for (const run of [b, deep]) {
      t.match(await store.commit(withTree(run, sampleCommit(run, 'TASK_STATE_WORKING', { events: [sampleArtifact('late')] }))), {
        type: 'lost',
      });
    }
    t.match(await store.find(root.id, undefined), { seq });
    t.match(await store.descendants(root.id), Array(3).fill({ state: 'TASK_STATE_CANCELED' }));
    t.same(await store.runnable(Number.MAX_SAFE_INTEGER, 10), []);
  });

  await t.test('a wait that ends by itself wakes the run above it, and all above that one stand (CHK-11)', async (t) => {
    const { store, root, children } = await branched(t, open, ['a', 'b']);
    const [a, b] = children as [TaskRecord, TaskRecord];
    const grand = start('deep');
    await branch(store, a, { starts: [grand], says: [] });
    const deep = await takeNow(store, grand.taskId);
    const waits = (run: TaskRecord, expiresAt?: number) =>
      store.commit(
        withTree(
          run,
          sampleCommit(run, 'TASK_STATE_INPUT_REQUIRED', {
            events: [status('TASK_STATE_INPUT_REQUIRED', 'which?')],
            ...(expiresAt === undefined ? {} : { expiresAt }),
          }),
        ),
      );
    t.match(await waits(deep, 5), { wakes: [{ id: a.id }] });
    await waits(await takeNow(store, a.id));
    t.match(await store.commit(withTree(b, sampleCommit(b))), { wakes: [{ id: root.id }] });
    await waits(await takeNow(store, root.id));
    const { seq } = (await store.find(root.id, undefined)) as TaskRecord;
    t.match(await store.expire(deep.id, 'too late', 6), {
      type: 'expired',
      task: { id: deep.id, state: 'TASK_STATE_FAILED' },
      wakes: [{ id: a.id, state: 'TASK_STATE_WORKING', openChildren: 0 }],
      events: [{ taskId: root.id, seq: seq + 1, type: 'status.changed', status: { state: 'TASK_STATE_WORKING' } }],
    });
    t.match(await store.find(root.id, undefined), { state: 'TASK_STATE_WORKING', openChildren: 1 });
    t.match(await store.take(root.id, Date.now()), { type: 'not-runnable' });
    const taken = await takeNow(store, a.id);
    t.match(await store.children(a.id), [{ task: { state: 'TASK_STATE_FAILED' }, statusMessage: { parts: [{ text: 'too late' }] } }]);
    t.match(await store.commit(withTree(taken, sampleCommit(taken))), { wakes: [{ id: root.id }] });
    const last = await takeNow(store, root.id);
    t.match(await store.commit(withTree(last, sampleCommit(last))), { task: { state: 'TASK_STATE_COMPLETED' } });
  });

  await t.test('a child that is given up, or expires while it is held, wakes its parent', async (t) => {
    const { store, root, children } = await branched(t, open, ['a']);
    const [a] = children as [TaskRecord];
    await store.hold(a.id, a.epoch, 1, 5);
    t.match(await store.take(a.id, 2), { type: 'not-runnable' });
    t.match(await store.expire(a.id, 'nobody came', 6), { type: 'expired', wakes: [{ id: root.id }] });
    const taken = await takeNow(store, root.id);
    t.match(await store.children(root.id), [{ task: { state: 'TASK_STATE_FAILED' }, statusMessage: { parts: [{ text: 'nobody came' }] } }]);
    t.match(await store.commit(withTree(taken, sampleCommit(taken))), { type: 'committed', task: { state: 'TASK_STATE_COMPLETED' } });
  });

  await t.test(
    'state is kept per scope, shared with children or copied for them, and temp: goes with the run (SES-03, AGT-24)',
    async (t) => {
      const [store, other] = await open(t);
      const root = await takeNow(store, (await acceptNew(store, { contextId: 'c1' })).id);
      t.same(await store.sessionState(root), {});
      const sessionState = { plan: ['x'], 'user:name': 'Ada', 'app:motd': 'hi', 'temp:n': 1 };
      const ownState = { plan: 'own' };
      const outcome = await branch(
        store,
        root,
        { starts: [start('shared'), { ...start('copied'), ownState }], says: [] },
        { sessionState },
      );
      t.same(await other.sessionState(root), sessionState);
      const [shared, copied] = outcome.wakes as [TaskRecord, TaskRecord];
      t.same(await other.sessionState(shared), sessionState);
      t.same(await other.sessionState(copied), { plan: 'own', 'user:name': 'Ada', 'app:motd': 'hi' });
      for (const [child, delta] of [
        [shared, { plan: null, note: 'of a child', 'temp:n': 2 }],
        [copied, { plan: 'still own', 'user:name': 'Eve', 'temp:n': 3 }],
      ] as const) {
        const taken = await takeNow(store, child.id);
        await store.commit(withTree(taken, sampleCommit(taken, 'TASK_STATE_COMPLETED', { sessionState: delta })));
      }
      t.same(await other.sessionState(root), { note: 'of a child', 'user:name': 'Eve', 'app:motd': 'hi', 'temp:n': 2 });
      t.same(await other.sessionState(copied), { plan: 'still own', 'user:name': 'Eve', 'app:motd': 'hi' }, 'its own temp: ended with it');
      const taken = await takeNow(store, root.id);
      await store.commit(withTree(taken, sampleCommit(taken, 'TASK_STATE_COMPLETED', { sessionState: { 'temp:m': 4, last: true } })));
      const next = await acceptNew(store, { contextId: 'c1' });
      t.same(await other.sessionState(next), { note: 'of a child', last: true, 'user:name': 'Eve', 'app:motd': 'hi' });
      const elsewhere = await acceptNew(store, { contextId: 'c2' });
      t.same(await other.sessionState(elsewhere), { 'user:name': 'Eve', 'app:motd': 'hi' });
      const ofEve = await acceptNew(store, { key: { agent: 'helper', owner: 'eve', contextId: 'c1' } });
      t.same(await other.sessionState(ofEve), { 'app:motd': 'hi' });
    },
  );
}

export function start(key: string, rest: Partial<ChildStartWrite> = {}): ChildStartWrite {
  const messages = [sampleMessage(`do ${key}`, { role: 'user', author: 'user' })];
  return { taskId: newId(), key, agent: 'writer', messages, inheritsHistory: false, ownState: undefined, ...rest };
}

/** Commits a branch of a run that this test has taken. */
export async function branch(store: RecoverableStore, task: TaskRecord, write: BranchWrite, rest: Partial<StepCommit> = {}) {
  const outcome = await store.commit(withTree(task, sampleCommit(task, 'TASK_STATE_WORKING', { branch: write, events: [], ...rest })));
  if (outcome.type !== 'committed') throw new Error(`not committed: ${outcome.type}`);
  return outcome;
}

/** As a worker commits. */
export function withTree({ child, children }: TaskRecord, commit: StepCommit): StepCommit {
  return { ...commit, tree: { ...(child === undefined ? {} : { child }), ...(children === undefined ? {} : { children }) } };
}

/** A root with these children, all of them taken. */
export async function branched(t: Test, open: OpenRecoverable, keys: readonly string[]) {
  const [store, other] = await open(t);
  const root = await takeNow(store, (await acceptNew(store)).id);
  const starts = keys.map((key) => start(key));
  await branch(store, root, { starts, says: [] });
  const children = await Promise.all(starts.map(({ taskId }) => takeNow(other, taskId)));
  return { store, other, root, children };
}

function status(state: TaskState, text?: string) {
  const message = { messageId: newId(), role: 'ROLE_AGENT', parts: [{ text }] } as const;
  return {
    type: 'status.changed',
    status: { state, ...(text === undefined ? {} : { message }), timestamp: new Date().toISOString() },
  } as const;
}
