import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { type PeerAnswer, startPeer } from '../support/a2a-peer.js';
import { bundledProgram } from '../support/bundled-program.js';

const MAIN = bundledProgram();

const status = (state: string) => ({ statusUpdate: { taskId: 't1', contextId: 'c1', status: { state } } });
const text = (value: string, append: boolean) => ({
  artifactUpdate: { taskId: 't1', contextId: 'c1', artifact: { artifactId: 'a', parts: [{ text: value }] }, append },
});
const created = { task: { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_SUBMITTED' } } };
const sources = {
  artifactUpdate: {
    taskId: 't1',
    contextId: 'c1',
    artifact: { artifactId: 's', parts: [{ data: { sources: [{ sourcePath: 'refunds.md', title: 'Refund rules' }] } }] },
    append: false,
  },
};

function start(folder: string, ...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    timeout: 20_000,
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, output, errors }));
  return { child, ended };
}

t.test('ask streams the answer of a running server, over a cut connection, with sources at the end', async (t) => {
  const peer = await startPeer([
    (answer) => {
      answer.event(created, '1');
      answer.event(text('Passengers get ', false), '1.1048577');
      answer.cut();
    },
    (answer, call) => {
      t.equal(call.method, 'SubscribeToTask');
      t.equal(call.headers['last-event-id'], '1.1048577');
      answer.event(text('a full refund.', true), '1.1048578');
      answer.event(text('Passengers get a full refund.', false), '2');
      answer.event(sources, '3');
      answer.event(status('TASK_STATE_COMPLETED'), '4');
      answer.end();
    },
  ]);
  t.teardown(() => peer.close());
  const { code, output, errors } = await start(t.testdir({}), 'ask', '--url', peer.url, 'What refund?').ended;
  t.equal(output, 'Passengers get a full refund.\n\nPassages given to the agent:\n  1. Refund rules (refunds.md)\n');
  t.match(errors, /connecting again/);
  t.equal(code, 0);
  t.equal(peer.calls[0]?.path, '/agents/helper', 'the agent that the card names');
});

t.test('ask names an agent, goes on in a context, and prints events as JSON', async (t) => {
  const peer = await startPeer([
    (answer) => {
      answer.event(created, '1');
      answer.event(status('TASK_STATE_FAILED'), '2');
      answer.end();
    },
  ]);
  t.teardown(() => peer.close());
  const { code, output } = await start(t.testdir({}), 'ask', '--json', '--agent', 'other', '--context', 'c9', '--url', `${peer.url}/`, 'Hi')
    .ended;
  t.equal(code, 1);
  t.same(
    output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [created, status('TASK_STATE_FAILED')],
  );
  t.match(peer.calls, [{ path: '/agents/other', params: { message: { contextId: 'c9' } } }]);
});

t.test('Ctrl-C cancels the task and exits 130', async (t) => {
  let isOpen: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    isOpen = resolve;
  });
  const peer = await startPeer([
    (answer: PeerAnswer) => {
      answer.event(created, '1');
      answer.event(text('Thinking', false), '1.1048577');
      isOpen();
    },
    (answer) => answer.json({ result: { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_CANCELED' } } }),
  ]);
  t.teardown(() => peer.close());
  const { child, ended } = start(t.testdir({}), 'ask', '--url', peer.url, 'Hi');
  await opened;
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  const { code, errors } = await ended;
  t.equal(code, 130);
  t.match(errors, /Interrupted/);
  t.match(peer.calls[1], { method: 'CancelTask', params: { id: 't1' } });
});

t.test('no server gives the command that starts one', async (t) => {
  const peer = await startPeer([]);
  await peer.close();
  const { code, errors } = await start(t.testdir({}), 'ask', '--url', peer.url, 'Hi').ended;
  t.equal(code, 1);
  t.match(errors, /^error: no server answers at .*; start one with 'hector serve', or correct --url/);
});
