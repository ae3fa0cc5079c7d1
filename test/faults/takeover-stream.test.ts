/** A stream outlives the worker that feeds it, and a worker that comes back too late changes nothing (R3, R4, R9). */
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { artifactText, type Frame, rpc, streamFrames, textOfParts, userMessage } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { checkLog, committedText, findRun, type LoggedRun } from '../support/read-run-log.js';
import { type HectorProgram, spawnHector, temporaryDirectory } from '../support/start-hector.js';

/** Some thirty words: the answer takes about three seconds. */
const CONFIG = {
  agents: { assistant: {} },
  llms: { default: { provider: 'offline', token_ms: 100 } },
  queue: { lease_ms: 1_000 },
};

t.test(
  'a worker killed in mid-answer: the same stream goes on, and its text is what was committed (R4, R9)',
  { timeout: 60_000 },
  async (t) => {
    const { front, worker, directory } = await startPair(t);
    const frames: Frame[] = [];
    let successor: Promise<HectorProgram> | undefined;
    let killedAt = 0;
    let resumedAfterMs = 0;
    for await (const frame of streamFrames(agentUrl(front), 'SendStreamingMessage', { message: userMessage('Why is that?') })) {
      frames.push(frame);
      if (frame.result.artifactUpdate === undefined) continue;
      if (killedAt > 0 && resumedAfterMs === 0 && frame.result.artifactUpdate.append !== true)
        resumedAfterMs = performance.now() - killedAt;
      if (successor !== undefined) continue;
      worker.child.kill('SIGKILL');
      killedAt = performance.now();
      successor = spawnHector(t, { directory, config: CONFIG, roles: ['agent', 'keeper'] });
    }
    await successor;
    t.equal(await worker.exited, 'SIGKILL');
    t.equal(frames.at(-1)?.result.statusUpdate?.status.state, 'TASK_STATE_COMPLETED');
    t.ok(resumedAfterMs > 0, 'the answer was begun anew with append: false (R9)');
    t.comment(`from the kill to the next frame, with the start of the successor: ${Math.round(resumedAfterMs)} ms`);
    t.ok(resumedAfterMs < 30_000);
    const run = checkRun(t, directory, frames);
    t.equal(run.epoch, 2, 'the run was taken over once');
  },
);

t.test(
  'a worker stopped past its lease in mid-answer: another finishes, and the first wakes to nothing (R3)',
  { timeout: 60_000 },
  async (t) => {
    const { front, worker, directory } = await startPair(t);
    const frames: Frame[] = [];
    let successor: Promise<HectorProgram> | undefined;
    for await (const frame of streamFrames(agentUrl(front), 'SendStreamingMessage', { message: userMessage('Why is that?') })) {
      frames.push(frame);
      if (frame.result.artifactUpdate === undefined || successor !== undefined) continue;
      worker.child.kill('SIGSTOP');
      successor = spawnHector(t, { directory, config: CONFIG, roles: ['agent', 'keeper'] });
    }
    await successor;
    const run = checkRun(t, directory, frames);
    t.equal(run.epoch, 2);
    worker.child.kill('SIGCONT');
    await waitFor(() => worker.output().includes('Lost a task'), 15_000);
    (await successor)?.child.kill('SIGKILL');
    // Only the first is left: answering, it has come to the end of what it had begun.
    await checkStillWorks(t, front);
    t.same(findRun(directory, run.id), run, 'nothing was added');
  },
);

t.test(
  'a worker stopped right before its commit wakes while another is in the same step: its commit is refused (R3)',
  {
    timeout: 60_000,
  },
  async (t) => {
    const { front, worker, directory } = await startPair(t, { HECTOR_FAULT_POINTS: 'step.before-commit=stop@1' });
    const frames: Frame[] = [];
    let successor: Promise<HectorProgram> | undefined;
    let restarts = 0;
    for await (const frame of streamFrames(agentUrl(front), 'SendStreamingMessage', { message: userMessage('Why is that?') })) {
      frames.push(frame);
      const update = frame.result.artifactUpdate;
      if (update === undefined) continue;
      successor ??= waitFor(() => isStopped(worker), 15_000).then(() =>
        spawnHector(t, { directory, config: CONFIG, roles: ['agent', 'keeper'] }),
      );
      if (update.append === true) continue;
      restarts += 1;
      if (restarts === 2) worker.child.kill('SIGCONT');
    }
    await successor;
    t.ok(restarts >= 2, 'the second worker was in mid-answer when the first one woke');
    await waitFor(() => worker.output().includes('this step is dropped (R3)'), 15_000);
    const run = checkRun(t, directory, frames);
    t.same(
      run.events.map(({ epoch, body }) => [body.status?.state ?? body.type, epoch]),
      [
        ['task.created', 0],
        ['TASK_STATE_WORKING', 1],
        ['artifact.updated', 2],
        ['TASK_STATE_COMPLETED', 2],
      ],
      'what was committed is the second one’s',
    );
    t.same(run.roles, ['user', 'agent']);
  },
);

async function startPair(t: Test, environment: Record<string, string> = {}) {
  const directory = await temporaryDirectory(t);
  const [front, worker] = await Promise.all([
    spawnHector(t, { directory, config: CONFIG, roles: ['front'] }),
    spawnHector(t, { directory, config: CONFIG, roles: ['agent', 'keeper'], environment }),
  ]);
  return { front, worker, directory };
}

/** The log is whole, and what the client holds after append and replace is what the log holds. */
function checkRun(t: Test, directory: string, frames: readonly Frame[]): LoggedRun {
  const run = findRun(directory, frames[0]?.result.task?.id ?? '');
  if (run === undefined) throw new Error('the task is not in the database');
  checkLog(t, run);
  t.not(committedText(run), '');
  t.equal(artifactText(frames), committedText(run), 'the client holds what was committed (R9)');
  const cursors = frames.map(({ id = '' }) => id.split('.').map(Number)).map(([seq = 0, order = 0]) => seq * 2 ** 40 + order);
  t.same(
    cursors,
    [...new Set(cursors)].sort((a, b) => a - b),
    'cursors only grow (R4, R10)',
  );
  return run;
}

async function checkStillWorks(t: Test, front: HectorProgram): Promise<void> {
  const { body } = await rpc(agentUrl(front), 'SendMessage', { message: userMessage('Hello') });
  t.equal(body.result?.task?.status.state, 'TASK_STATE_COMPLETED');
  t.not(textOfParts(body.result?.task?.artifacts?.[0]?.parts ?? []), '');
}

async function isStopped({ child }: HectorProgram): Promise<boolean> {
  const status = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  return / [Tt] /.test(status.slice(status.lastIndexOf(')')));
}

function agentUrl(program: HectorProgram): string {
  return `${program.url}/agents/assistant`;
}
