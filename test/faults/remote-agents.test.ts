/** Two Hectors as processes, and deaths on either side: the remote one gets one message only, and every client's text is right (AGT-43, R7, R9). */
import t, { type Test } from 'tap';
import { type Frame, rpc, streamFrames, userMessage, type WireTask } from '../support/a2a-client.js';
import { freePort, type HectorProgram, spawnHector, temporaryDirectory } from '../support/start-hector.js';
import { StreamClient } from '../support/stream-client.js';

/** The answer takes about three seconds. */
const REMOTE = { agents: { assistant: {} }, llms: { default: { provider: 'offline', token_ms: 100 } }, queue: { lease_ms: 1_000 } };

t.test('deaths on either side of a remote agent', { timeout: 200_000 }, async (t) => {
  const remoteDirectory = await temporaryDirectory(t);
  const port = await freePort();
  const startRemote = () => spawnHector(t, { directory: remoteDirectory, config: REMOTE, port });
  let remote = await startRemote();
  const directory = await temporaryDirectory(t);
  const far = { type: 'remote', url: `${remote.url}/agents/assistant`, allow_private: ['127.0.0.1'] };
  const config = { agents: { far, careful: { ...far, effect: 'once' } }, queue: { lease_ms: 1_000 } };
  const front = await spawnHector(t, { directory, config, roles: ['front', 'keeper'] });
  const startWorker = (dies?: string) =>
    spawnHector(t, { directory, config, roles: ['agent'], environment: dies === undefined ? {} : { HECTOR_FAULT_POINTS: dies } });
  const listRemote = async () =>
    (await rpc(far.url, 'ListTasks', { historyLength: 10, includeArtifacts: true })).body.result?.[
      'tasks' as never
    ] as unknown as WireTask[];
  const ask = (agent = 'far') => `${front.url}/agents/${agent}`;

  await t.test('our worker is killed in mid-stream: the next one re-attaches, and nothing is sent again', async (t) => {
    const before = (await listRemote()).length;
    const worker = await startWorker();
    const { client, frames, during } = await stream(t, ask(), async () => {
      const next = await startWorker();
      worker.child.kill('SIGKILL');
      return next;
    });
    t.equal(await worker.exited, 'SIGKILL');
    t.equal(client.state, 'TASK_STATE_COMPLETED');
    t.ok(frames.length > 3);
    const tasks = await listRemote();
    t.equal(tasks.length, before + 1, 'one message reached the remote agent');
    t.equal(client.texts.get('response'), textOf(tasks[0]), 'the client has what the remote agent said');
    t.equal(client.texts.get('response'), await committed(ask(), frames));
    await end(during);
  });

  await t.test('the remote agent is killed in mid-stream and comes back: the stream goes on where it was', async (t) => {
    const before = (await listRemote()).length;
    const worker = await startWorker();
    const { client } = await stream(t, ask(), async () => {
      remote.child.kill('SIGKILL');
      await remote.exited;
      remote = await startRemote();
      return remote;
    });
    t.equal(client.state, 'TASK_STATE_COMPLETED');
    const tasks = await listRemote();
    t.equal(tasks.length, before + 1);
    t.equal(client.texts.get('response'), textOf(tasks[0]));
    await end(worker);
  });

  for (const dies of ['tool.after-intent', 'tool.after-call', 'tool.after-result'])
    await t.test(`our worker dies at ${dies}: the same messageId finds the same remote task (R7, R11)`, async (t) => {
      const before = (await listRemote()).length;
      const first = await startWorker(`${dies}=kill`);
      const running = collect(ask());
      t.equal(await first.exited, 'SIGKILL');
      const second = await startWorker();
      const { client } = await running;
      t.equal(client.state, 'TASK_STATE_COMPLETED');
      const tasks = await listRemote();
      t.equal(tasks.length, before + 1);
      t.equal(client.texts.get('response'), textOf(tasks[0]));
      await end(second);
    });

  await t.test('with effect: once, a message of unknown outcome is asked about, and sent again only on retry (R7)', async (t) => {
    const before = (await listRemote()).length;
    const first = await startWorker('tool.after-intent=kill');
    const running = rpc(ask('careful'), 'SendMessage', { message: userMessage('Why is that?') });
    t.equal(await first.exited, 'SIGKILL');
    const second = await startWorker();
    const task = (await running).body.result?.task;
    t.equal(task?.status.state, 'TASK_STATE_INPUT_REQUIRED', JSON.stringify(task?.status));
    t.match(task?.status.message?.parts[1], { data: { type: 'tool_outcome_request', options: ['done', 'retry', 'skip'] } });
    t.equal((await listRemote()).length, before, 'nothing was sent again');
    const retried = await rpc(ask('careful'), 'SendMessage', { message: userMessage('retry', { taskId: task?.id }) });
    t.equal(retried.body.result?.task?.status.state, 'TASK_STATE_COMPLETED', JSON.stringify(retried.body));
    t.equal((await listRemote()).length, before + 1);
    await end(second);
  });

  for (const isGone of [false, true])
    await t.test(
      `a cancel reaches the remote task, ${isGone ? 'although the worker that had it is gone' : 'from the worker that has it'} (R6)`,
      async (t) => {
        const worker = await startWorker();
        for await (const frame of streamFrames(ask(), 'SendStreamingMessage', { message: userMessage('Why is that?') })) {
          if (frame.result.artifactUpdate === undefined) continue;
          if (isGone) await end(worker);
          await rpc(ask(), 'CancelTask', { id: frame.result.artifactUpdate.taskId });
          break;
        }
        let state = '';
        while (state !== 'TASK_STATE_CANCELED') {
          state = (await listRemote())[0]?.status.state ?? '';
          if (state === 'TASK_STATE_COMPLETED') break;
        }
        t.equal(state, 'TASK_STATE_CANCELED');
        await end(worker);
      },
    );
});

/** A stream to its end; at its first text something happens. */
async function stream(t: Test, url: string, atFirstText: () => Promise<HectorProgram>) {
  let during: Promise<HectorProgram> | undefined;
  const result = await collect(url, () => {
    during ??= atFirstText();
  });
  t.ok(during, 'something happened in mid-stream');
  return { ...result, during: (await during) as HectorProgram };
}

async function collect(url: string, onText: () => void = () => {}) {
  const client = new StreamClient();
  const frames: Frame[] = [];
  for await (const frame of streamFrames(url, 'SendStreamingMessage', { message: userMessage('Why is that?') })) {
    frames.push(frame);
    client.apply(frame.id, frame.result);
    if (frame.result.artifactUpdate !== undefined) onText();
  }
  return { client, frames };
}

async function committed(url: string, frames: readonly Frame[]): Promise<string> {
  const id = frames.find(({ result }) => result.task !== undefined)?.result.task?.id;
  const { result } = (await rpc(url, 'GetTask', { id })).body;
  return textOf(result as unknown as WireTask);
}

function textOf(task: WireTask | undefined): string {
  return (task?.artifacts ?? []).flatMap(({ parts }) => parts.map(({ text }) => text ?? '')).join('');
}

async function end(program: HectorProgram): Promise<void> {
  program.child.kill('SIGKILL');
  await program.exited;
}
