/** A process dies inside each crash window; others finish what it left, once (R1, R2, R3, R11). */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import t, { type Test } from 'tap';
import { rpc, userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { checkLog, findRun, type LoggedRun, readRuns } from '../support/read-run-log.js';
import { type HectorProgram, spawnHector, temporaryDirectory } from '../support/start-hector.js';

/** Each run has two steps: the offline model searches, then answers. */
const CONFIG = {
  agents: { assistant: { document_stores: ['docs'] } },
  document_stores: { docs: { source: { type: 'directory', path: 'docs' } } },
  queue: { lease_ms: 500 },
};

// Mostly waits for leases and sweeps: both halves at once, each in a folder of its own.
t.jobs = 2;

t.test('a front dies while it accepts a message', { timeout: 240_000, buffered: true }, async (t) => {
  const directory = await stateFolder(t);
  const [front, worker] = await Promise.all([
    spawnHector(t, { directory, config: CONFIG, roles: ['front'] }),
    spawnHector(t, { directory, config: CONFIG, roles: ['agent', 'keeper'] }),
  ]);

  for (const point of ['store.accept.after', 'accept.after-commit', 'enqueue.before']) {
    await t.test(`killed at ${point}: the task runs though nobody was told of it, and a retry finds it (R1, R11)`, async (t) => {
      const known = new Set(readRuns(directory).map(({ id }) => id));
      const message = await sendToDyingFront(t, directory, point);
      const committed = readRuns(directory).filter(({ id }) => !known.has(id));
      t.equal(committed.length, 1, 'the message was committed before its front died');
      const id = committed[0]?.id ?? '';
      await waitFor(() => findRun(directory, id)?.state === 'TASK_STATE_COMPLETED', 15_000);
      await checkRepeat(t, front, message, id);
      checkTwoSteps(t, findRun(directory, id));
    });
  }

  await t.test('killed at store.accept.before: nothing is kept, and the retry starts the only task (R1, R11)', async (t) => {
    const before = readRuns(directory).length;
    const message = await sendToDyingFront(t, directory, 'store.accept.before');
    t.equal(readRuns(directory).length, before);
    const id = await checkRepeat(t, front, message);
    await checkRepeat(t, front, message, id);
    t.equal(readRuns(directory).length, before + 1);
    checkTwoSteps(t, findRun(directory, id));
  });

  await t.test(
    'killed at store.cancel.after: the cancel stands, who waits is told, and the running step commits nothing (R6)',
    async (t) => {
      const dying = await spawnDying(t, directory, 'store.cancel.after', ['front']);
      const slow = await spawnHector(t, { directory, config: SLOW, roles: ['front'] });
      const message = userMessage('How long does a refund take?');
      const started = await rpc(agentUrl(slow), 'SendMessage', { message, configuration: { returnImmediately: true } });
      const id = started.body.result?.task?.id ?? '';
      const blocking = rpc(agentUrl(slow), 'SendMessage', { message });
      await waitFor(() => findRun(directory, id)?.state === 'TASK_STATE_WORKING');
      await t.rejects(rpc(agentUrl(dying), 'CancelTask', { id }), 'the canceling front died');
      t.equal(await dying.exited, 'SIGKILL');
      t.equal((await blocking).body.result?.task?.status.state, 'TASK_STATE_CANCELED', 'who waits is told');
      await waitFor(() => worker.output().includes('this step is dropped (R3)'));
      checkLog(t, findRun(directory, id) as LoggedRun, 'TASK_STATE_CANCELED');
    },
  );
});

t.test('a worker dies in the middle of a run', { timeout: 240_000, buffered: true }, async (t) => {
  const directory = await stateFolder(t);
  const front = await spawnHector(t, { directory, config: CONFIG, roles: ['front', 'keeper'] });

  for (const point of [
    'take.before',
    'store.take.before',
    'store.take.after',
    'step.before-commit',
    'store.commit.before',
    'store.commit.after',
    'step.after-commit',
    'step.before-commit@2',
    'step.after-commit@2',
  ]) {
    await t.test(`killed at ${point}: another finishes the run, each step is committed once (R2, R3)`, async (t) => {
      const [name = '', nth = '1'] = point.split('@');
      const dying = await spawnDying(t, directory, name, ['agent'], nth);
      const message = userMessage('How long does a refund take?');
      const answer = rpc(agentUrl(front), 'SendMessage', { message });
      t.equal(await dying.exited, 'SIGKILL');
      const successor = await spawnHector(t, { directory, config: CONFIG, roles: ['agent'] });
      const task = (await answer).body.result?.task;
      t.equal(task?.status.state, 'TASK_STATE_COMPLETED');
      await checkRepeat(t, front, message, task?.id);
      checkTwoSteps(t, findRun(directory, task?.id ?? ''));
      await kill(successor);
    });
  }

  await t.test('killed at enqueue.before: the next run of the session still gets its turn (R1)', async (t) => {
    const dying = await spawnDying(t, directory, 'enqueue.before', ['agent']);
    const first = userMessage('How long does a refund take?', { contextId: 'one-context' });
    const second = userMessage('And an exchange of goods?', { contextId: 'one-context' });
    const { body } = await rpc(agentUrl(front), 'SendMessage', { message: first, configuration: { returnImmediately: true } });
    const answers = [first, second].map((message) => rpc(agentUrl(front), 'SendMessage', { message }));
    t.equal(await dying.exited, 'SIGKILL');
    const successor = await spawnHector(t, { directory, config: CONFIG, roles: ['agent'] });
    const tasks = (await Promise.all(answers)).map((answer) => answer.body.result?.task);
    t.equal(tasks[0]?.id, body.result?.task?.id);
    t.equal(new Set(tasks.map((task) => task?.id)).size, 2);
    for (const task of tasks) checkTwoSteps(t, findRun(directory, task?.id ?? ''));
    await kill(successor);
  });
});

const SLOW = { ...CONFIG, llms: { default: { provider: 'offline', first_token_ms: 3_000 } } };

async function stateFolder(t: Test): Promise<string> {
  const directory = await temporaryDirectory(t);
  await mkdir(path.join(directory, 'docs'));
  return directory;
}

function spawnDying(t: Test, directory: string, point: string, roles: readonly ('front' | 'agent')[], nth = '1'): Promise<HectorProgram> {
  return spawnHector(t, { directory, config: CONFIG, roles, environment: { HECTOR_FAULT_POINTS: `${point}=kill@${nth}` } });
}

/** Sends a message to a front that dies of it; the message, for the client to send again. */
async function sendToDyingFront(t: Test, directory: string, point: string): Promise<Record<string, unknown>> {
  const dying = await spawnDying(t, directory, point, ['front']);
  const message = userMessage('How long does a refund take?');
  await t.rejects(rpc(agentUrl(dying), 'SendMessage', { message }), 'the client got no answer');
  t.equal(await dying.exited, 'SIGKILL');
  return message;
}

/** R11: the same message once more is the same task, which is completed. */
async function checkRepeat(t: Test, front: HectorProgram, message: Record<string, unknown>, id?: string): Promise<string> {
  const task = (await rpc(agentUrl(front), 'SendMessage', { message })).body.result?.task;
  t.equal(task?.status.state, 'TASK_STATE_COMPLETED');
  if (id !== undefined) t.equal(task?.id, id, 'the same messageId is the same task (R11)');
  return task?.id ?? '';
}

function checkTwoSteps(t: Test, run: LoggedRun | undefined): void {
  if (run === undefined) {
    t.fail('the task is not in the database');
    return;
  }
  checkLog(t, run);
  t.equal(run.step, 3, 'two steps were committed (R2)');
  t.same(
    run.events.map(({ body }) => body.status?.state ?? body.type),
    ['task.created', 'TASK_STATE_WORKING', 'artifact.updated', 'artifact.updated', 'TASK_STATE_COMPLETED'],
    'each step told its part once (R2)',
  );
  t.same(run.roles, ['user', 'agent', 'tool', 'agent'], 'each step said its part once (R2)');
}

async function kill(program: HectorProgram): Promise<void> {
  program.child.kill('SIGKILL');
  await program.exited;
}

function agentUrl(program: HectorProgram): string {
  return `${program.url}/agents/assistant`;
}
