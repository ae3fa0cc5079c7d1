import t, { type Test } from 'tap';
import type { Clock } from '../../../src/base/clock.js';
import { systemClock } from '../../../src/base/clock.js';
import { streamMessage } from '../../../src/cli/stream-message.js';
import { type PeerAnswer, type PeerCall, startPeer } from '../../support/a2a-peer.js';

const working = { task: { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_WORKING' } } };
const completed = { statusUpdate: { taskId: 't1', contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' } } };
const text = (value: string, append: boolean) => ({
  artifactUpdate: { taskId: 't1', contextId: 'c1', artifact: { artifactId: 'a', parts: [{ text: value }] }, append },
});
/** Retries at once. */
const eager: Clock = { ...systemClock, sleep: async () => undefined };

async function run(t: Test, script: readonly ((answer: PeerAnswer, call: PeerCall) => void)[], contextId?: string) {
  const peer = await startPeer(script);
  t.teardown(() => peer.close());
  const events: unknown[] = [];
  const reasons: string[] = [];
  const stream = streamMessage({
    url: `${peer.url}/agents/helper`,
    text: 'hello',
    signal: AbortSignal.timeout(10_000),
    clock: eager,
    onReconnect: (reason) => reasons.push(reason),
    ...(contextId === undefined ? {} : { contextId }),
  });
  try {
    for await (const event of stream) events.push(event);
    return { events, reasons, calls: peer.calls, error: undefined };
  } catch (error) {
    return { events, reasons, calls: peer.calls, error: error as Error & { code?: string } };
  }
}

t.test('a message is sent as A2A 1.0 wants it, and every event of the stream arrives', async (t) => {
  const { events, calls } = await run(
    t,
    [
      (answer) => {
        answer.raw(': open\n\n');
        answer.event(working, '1');
        answer.event(text('Hi', false), '2');
        answer.event(completed, '3');
        answer.end();
      },
    ],
    'c1',
  );
  t.same(events, [working, text('Hi', false), completed]);
  t.match(calls, [
    {
      path: '/agents/helper',
      method: 'SendStreamingMessage',
      headers: { 'a2a-version': '1.0', 'content-type': 'application/json' },
      params: { message: { role: 'ROLE_USER', parts: [{ text: 'hello' }], contextId: 'c1', messageId: /^[0-9a-f-]{36}$/ } },
    },
  ]);
});

t.test('a stream that is cut goes on where it stopped, by SubscribeToTask with Last-Event-ID (R10)', async (t) => {
  const { events, calls, reasons } = await run(t, [
    (answer) => {
      answer.event(working, '1');
      answer.event(text('The ', false), '1.1048577');
      answer.cut();
    },
    (answer) => {
      answer.event(text('answer', true), '1.1048578');
      // Ends without a terminal state: a server that drains.
      answer.end();
    },
    (answer) => {
      answer.event(completed, '3');
      answer.end();
    },
  ]);
  t.same(events, [working, text('The ', false), text('answer', true), completed]);
  t.same(
    calls.map(({ method, headers, params }) => [method, headers['last-event-id'], params.id]),
    [
      ['SendStreamingMessage', undefined, undefined],
      ['SubscribeToTask', '1.1048577', 't1'],
      ['SubscribeToTask', '1.1048578', 't1'],
    ],
  );
  t.equal(reasons.length, 2);
});

t.test('a stream that is cut before its first event is sent again under the same message id (R11)', async (t) => {
  const { events, calls, error } = await run(t, [
    (answer) => {
      answer.raw(': open\n\n');
      answer.cut();
    },
    (answer) => {
      answer.event(working, '1');
      answer.event(completed, '2');
      answer.end();
    },
  ]);
  t.equal(error, undefined);
  t.same(events, [working, completed]);
  t.same(
    calls.map(({ method }) => method),
    ['SendStreamingMessage', 'SendStreamingMessage'],
  );
  t.same(calls[0]?.params, calls[1]?.params);
});

t.test('a task that ended while the stream was cut is asked for (T8)', async (t) => {
  const ended = {
    id: 't1',
    contextId: 'c1',
    status: { state: 'TASK_STATE_COMPLETED' },
    artifacts: [{ artifactId: 'a', parts: [{ text: 'done' }] }],
  };
  const { events, calls } = await run(t, [
    (answer) => {
      answer.event(working, '1');
      answer.cut();
    },
    (answer) => answer.json({ error: { code: -32004, message: 'This operation is not supported' } }),
    (answer) => answer.json({ result: ended }),
  ]);
  t.same(events, [working, { task: ended }]);
  t.equal(calls[2]?.method, 'GetTask');
});

t.test('a server that is overloaded is tried again; one that refuses is not', async (t) => {
  const overloaded = await run(t, [
    (answer) => answer.json({ error: { code: -32000, message: 'overloaded' } }, 503),
    (answer) => {
      answer.event(completed, '1');
      answer.end();
    },
  ]);
  t.same(overloaded.events, [completed]);
  const refused = await run(t, [(answer) => answer.json({ error: { code: -32602, message: 'Invalid parameters' } })]);
  t.match(refused.error, { code: 'CLI_SERVER_REFUSED', message: 'the server answered: Invalid parameters (-32602)' });
  t.equal(refused.calls.length, 1);
});

t.test('a server that keeps cutting is given up after ten attempts without an event', async (t) => {
  const cut = (answer: PeerAnswer) => {
    answer.raw(': open\n\n');
    answer.cut();
  };
  const { error, calls } = await run(t, Array(12).fill(cut) as ((answer: PeerAnswer) => void)[]);
  t.match(error, { code: 'CLI_SERVER_UNREACHABLE', message: /10 attempts/ });
  t.equal(calls.length, 10);
});

t.test('an answer that is a message and no stream is one event', async (t) => {
  const message = { message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hi' }] } };
  t.same((await run(t, [(answer) => answer.json({ result: message })])).events, [message]);
});

t.test('a stream ends at input-required; an error event in mid-stream is an error (T10)', async (t) => {
  const asks = { statusUpdate: { taskId: 't1', contextId: 'c1', status: { state: 'TASK_STATE_INPUT_REQUIRED' } } };
  const asked = await run(t, [
    (answer) => {
      answer.event(asks, '1');
      answer.end();
    },
  ]);
  t.same(asked.events, [asks]);
  const { error } = await run(t, [
    (answer) => {
      answer.event(working, '1');
      answer.raw(
        `event: error\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'Internal error' } })}\n\n`,
      );
      answer.end();
    },
  ]);
  t.match(error, { code: 'CLI_SERVER_REFUSED', message: /Internal error \(-32603\)/ });
});

t.test('no server, and a server that speaks something else, are told apart', async (t) => {
  const peer = await startPeer([]);
  await peer.close();
  const stream = (url: string) => streamMessage({ url, text: 'x', signal: AbortSignal.timeout(5_000), clock: eager }).next();
  await t.rejects(stream(`${peer.url}/agents/x`), { code: 'CLI_SERVER_UNREACHABLE', message: /no server answers at .*hector serve/ });
  const { error } = await run(t, []);
  t.match(error, { code: 'CLI_SERVER_REFUSED', message: /is it an A2A server/ });
});

t.test('aborting ends the stream and the connection', async (t) => {
  let closed: Promise<void> | undefined;
  const peer = await startPeer([
    (answer) => {
      closed = answer.closed;
      answer.event(working, '1');
    },
  ]);
  t.teardown(() => peer.close());
  const controller = new AbortController();
  const stream = streamMessage({ url: peer.url, text: 'x', signal: controller.signal });
  t.same((await stream.next()).value, working);
  const pending = stream.next();
  controller.abort(new Error('enough'));
  await t.rejects(pending);
  await closed;
});
