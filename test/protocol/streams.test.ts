import t from 'tap';
import { startProtocolServer, userMessage, type WireFrame } from '../support/protocol-server.js';
import { StreamClient } from '../support/stream-client.js';
import { agentSettings } from '../support/test-settings.js';
import { artifact, status } from '../support/test-worker.js';

const URI = 'urn:hector:extension:reliable-stream:v1';
const EPOCH = 2 ** 20;

/** What a frame is, in one word or two. */
function brief(frame: WireFrame | undefined): string {
  const result = frame?.data?.result;
  if (result === undefined) return frame === undefined ? 'end' : `error ${frame.data.error.code}`;
  if (result.task !== undefined) return `${frame?.id} task ${result.task.status.state.slice(11)}`;
  if (result.statusUpdate !== undefined) return `${frame?.id} ${result.statusUpdate.status.state.slice(11)}`;
  const { artifact: made, append, lastChunk } = result.artifactUpdate;
  return `${frame?.id} ${append === true ? '+' : '='}${made.parts.map((part: { text?: string; data?: unknown }) => part.text ?? JSON.stringify(part.data)).join('|')}${lastChunk === true ? '.' : ''}`;
}

t.test('a send-stream begins with the task, grows by previews and closes at the end (T3, T5, T11, J2, S4, API-37)', async (t) => {
  const server = startProtocolServer(t);
  const stream = await server.stream(
    'SendStreamingMessage',
    { message: userMessage('question'), configuration: { returnImmediately: true } },
    { id: 'abc' },
  );
  t.equal(stream.headers['content-type'], 'text/event-stream');
  const first = await stream.next();
  t.equal(first?.data.jsonrpc, '2.0');
  t.equal(first?.data.id, 'abc');
  t.same(Object.keys(first?.data.result), ['task']);
  const run = await server.nextRun();
  t.equal(brief(await stream.next()), '2 WORKING');
  await run.preview('Hel');
  t.equal(brief(await stream.next()), `2.${EPOCH + 1} =Hel`);
  await run.preview('lo');
  t.equal(brief(await stream.next()), `2.${EPOCH + 2} +lo`);
  await run.commit({
    state: 'TASK_STATE_COMPLETED',
    events: [artifact([{ text: 'Hello' }, { data: { sources: ['a'] } }], {}), status('TASK_STATE_COMPLETED')],
  });
  t.equal(brief(await stream.next()), '3 +{"sources":["a"]}.', 'only what the previews did not show');
  const last = await stream.next();
  t.equal(brief(last), '4 COMPLETED');
  t.equal(last?.data.result.statusUpdate.final, undefined);
  t.equal(brief(await stream.next()), 'end');
});

t.test('fully previewed text closes with an empty last chunk, unseen text comes whole (D4, R9, API-53)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const run = await server.run(id);
  await run.preview('abc');
  const early = await server.stream('SubscribeToTask', { id });
  t.same([brief(await early.next()), brief(await early.next())], ['2 task WORKING', `2.${EPOCH + 1} =abc`]);
  server.live.loses = (item) => item.type === 'delta';
  server.live.forget(id);
  const blind = await server.stream('SubscribeToTask', { id });
  t.same([brief(await blind.next())], ['2 task WORKING']);
  await run.finish('abc');
  t.same((await early.rest()).map(brief), ['3 +.', '4 COMPLETED']);
  t.same((await blind.rest()).map(brief), ['3 =abc.', '4 COMPLETED']);
});

t.test('a send-stream closes when input is asked for, by setting (T4)', async (t) => {
  for (const closeOnInputRequired of [true, false]) {
    const server = startProtocolServer(t, { server: { a2a: { assumeVersion: '', closeOnInputRequired } } });
    const stream = await server.stream('SendStreamingMessage', { message: userMessage('question') });
    const run = await server.nextRun();
    await run.rest('TASK_STATE_INPUT_REQUIRED', 'which?');
    t.same(
      [brief(await stream.next()), brief(await stream.next()), brief(await stream.next())],
      ['1 task SUBMITTED', '2 WORKING', '3 INPUT_REQUIRED'],
    );
    if (closeOnInputRequired) t.equal(brief(await stream.next()), 'end');
    else {
      await server.call('CancelTask', { id: run.taskId });
      t.same((await stream.rest()).map(brief), ['4 CANCELED']);
    }
  }
});

t.test('streams stay open in AUTH_REQUIRED, subscriptions also in INPUT_REQUIRED (T9, T12)', async (t) => {
  const server = startProtocolServer(t);
  const stream = await server.stream('SendStreamingMessage', { message: userMessage('question') });
  const run = await server.nextRun();
  await run.rest('TASK_STATE_AUTH_REQUIRED', 'log in');
  const subscription = await server.stream('SubscribeToTask', { id: run.taskId });
  t.equal(brief(await subscription.next()), '3 task AUTH_REQUIRED');
  await server.call('CancelTask', { id: run.taskId });
  t.same((await stream.rest()).map(brief), ['1 task SUBMITTED', '2 WORKING', '3 AUTH_REQUIRED', '4 CANCELED']);
  t.same((await subscription.rest()).map(brief), ['4 CANCELED']);

  const { id } = await server.submit('question');
  await (await server.run(id)).rest('TASK_STATE_INPUT_REQUIRED', 'which?');
  const waiting = await server.stream('SubscribeToTask', { id });
  t.equal(brief(await waiting.next()), '3 task INPUT_REQUIRED');
  await server.call('SendMessage', { message: userMessage('this', { taskId: id }), configuration: { returnImmediately: true } });
  await (await server.run(id)).finish('done');
  t.same((await waiting.rest()).map(brief), ['5 WORKING', '6 =done.', '7 COMPLETED']);
});

t.test('a subscription begins with the task as it is, then the previews of the running step as one chunk (T7)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const run = await server.run(id);
  await run.commit({ events: [artifact([{ text: 'first ' }], { lastChunk: false })] });
  await run.preview('sec');
  await run.preview('ond');
  const stream = await server.stream('SubscribeToTask', { id });
  const first = await stream.next();
  t.equal(brief(first), '3 task WORKING');
  t.same(first?.data.result.task.artifacts, [{ artifactId: 'answer', parts: [{ text: 'first ' }] }]);
  t.equal(brief(await stream.next()), `3.${EPOCH + 2} +second`);
  await run.commit({
    state: 'TASK_STATE_COMPLETED',
    events: [artifact([{ text: 'second' }], { append: true }), status('TASK_STATE_COMPLETED')],
  });
  t.same((await stream.rest()).map(brief), ['4 +.', '5 COMPLETED'], 'it ends with the task (T8)');
});

t.test('all streams of a task get the same frames; closing one affects nobody (T6)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const streams = await Promise.all(Array.from({ length: 5 }, () => server.stream('SubscribeToTask', { id })));
  const [closing, ...staying] = streams;
  await closing?.next();
  await closing?.close();
  const run = await server.run(id);
  await run.preview('a');
  await run.preview('b');
  await run.finish('ab');
  const seen = await Promise.all(staying.map((stream) => stream.rest()));
  for (const frames of seen) t.same(frames, seen[0]);
  t.equal(server.feed.size, 0);
});

t.test('a closed stream detaches at once, also while it waits; the task goes on (R6)', async (t) => {
  const server = startProtocolServer(t);
  const controller = new AbortController();
  const { id } = await server.submit('question');
  const closed = await server.stream('SubscribeToTask', { id });
  const aborted = await server.stream('SubscribeToTask', { id }, { signal: controller.signal });
  await Promise.all([closed.next(), aborted.next()]);
  const waiting = [closed.next(), aborted.next()];
  await closed.close();
  controller.abort();
  t.same(await Promise.all(waiting), [undefined, undefined]);
  t.equal(server.live.subscriptions, 0);
  await (await server.run(id)).finish('answer');
});

t.test('errors before the first event are ordinary answers (T10, T1)', async (t) => {
  const server = startProtocolServer(t, { agents: { helper: agentSettings({ streaming: false }) } });
  for (const [method, params, code] of [
    ['SendStreamingMessage', { message: userMessage('a') }, -32004],
    ['SubscribeToTask', { id: 'a' }, -32004],
  ] as const) {
    const { status: httpStatus, headers, body } = await server.call(method, params);
    t.equal(httpStatus, 200);
    t.equal(headers['content-type'], 'application/json');
    t.equal(body.error.code, code);
  }
  const streaming = startProtocolServer(t);
  t.equal((await streaming.call('SendStreamingMessage', { message: {} })).body.error.code, -32602);
});

t.test('a failure in mid-stream is an error event with the JSON-RPC error, and the end (T10)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const stream = await server.stream('SubscribeToTask', { id }, { id: 9 });
  await stream.next();
  server.store.outage = new Error('secret path /var/lib');
  server.live.gap();
  const frame = await stream.next();
  t.equal(frame?.event, 'error');
  t.same(frame?.data, {
    jsonrpc: '2.0',
    id: 9,
    error: {
      code: -32603,
      message: 'Internal error',
      data: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'INTERNAL', domain: 'hector' }],
    },
  });
  t.equal(brief(await stream.next()), 'end');
});

t.test('after a takeover the artifact restarts, and the zombie is not heard any more (R9)', async (t) => {
  const server = startProtocolServer(t);
  const stream = await server.stream('SendStreamingMessage', { message: userMessage('question') });
  const zombie = await server.nextRun();
  await zombie.preview('wrong ');
  await stream.next();
  await stream.next();
  t.equal(brief(await stream.next()), `2.${EPOCH + 1} =wrong `);
  const run = await server.run(zombie.taskId);
  await run.preview('right');
  t.equal(brief(await stream.next()), `2.${2 * EPOCH + 1} =right`);
  await zombie.preview('ghost');
  await run.preview('!');
  t.equal(brief(await stream.next()), `2.${2 * EPOCH + 2} +!`);
  t.equal((await zombie.commit({ events: [artifact([{ text: 'ghost' }])] })).type, 'lost');
  await run.finish('right!');
  t.same((await stream.rest()).map(brief), ['3 +.', '4 COMPLETED']);
});

t.test('a canceled run takes its previews back (R9)', async (t) => {
  const server = startProtocolServer(t);
  const stream = await server.stream('SendStreamingMessage', { message: userMessage('question') });
  const run = await server.nextRun();
  await run.preview('never committed');
  const client = new StreamClient();
  for (let count = 0; count < 3; count++) {
    const frame = await stream.next();
    client.apply(frame?.id, frame?.data.result);
  }
  t.equal(client.texts.get('answer'), 'never committed');
  await server.call('CancelTask', { id: run.taskId });
  const rest = await stream.rest();
  for (const frame of rest) client.apply(frame.id, frame.data.result);
  t.same(rest.map(brief), ['2.1 =', '3 CANCELED']);
  t.equal(client.texts.get('answer'), '');
});

t.test('Last-Event-ID resumes exactly after an event or a preview (R10)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const run = await server.run(id);
  for (const text of ['a', 'b', 'c']) await run.preview(text);
  const resume = (lastEventId: string) => server.stream('SubscribeToTask', { id }, { headers: { 'last-event-id': lastEventId } });
  const afterEvent = await resume('1');
  const afterPreview = await resume(`2.${EPOCH + 2}`);
  const atTheEnd = await resume(`2.${EPOCH + 3}`);
  t.same([brief(await afterEvent.next()), brief(await afterEvent.next())], ['2 WORKING', `2.${EPOCH + 3} =abc`]);
  t.equal(brief(await afterPreview.next()), `2.${EPOCH + 3} +c`);
  await run.preview('d');
  for (const stream of [afterEvent, afterPreview, atTheEnd]) t.equal(brief(await stream.next()), `2.${EPOCH + 4} +d`);
  await run.finish('abcde');
  for (const stream of [afterEvent, afterPreview, atTheEnd]) t.same((await stream.rest()).map(brief), ['3 +e.', '4 COMPLETED']);
});

t.test('what was missed of a task that ended meanwhile is replayed; with nothing missed it is refused (R10, T8)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const run = await server.run(id);
  await run.preview('ans');
  await run.finish('answer');
  const resume = async (lastEventId: string) =>
    (await (await server.stream('SubscribeToTask', { id }, { headers: { 'last-event-id': lastEventId } })).rest()).map(brief);
  t.same(await resume('2'), ['3 =answer.', '4 COMPLETED']);
  t.same(await resume(`2.${EPOCH + 1}`), ['3 +wer.', '4 COMPLETED']);
  t.same(await resume('0'), ['1 task SUBMITTED', '2 WORKING', '3 =answer.', '4 COMPLETED']);
  t.equal((await server.call('SubscribeToTask', { id }, { headers: { 'last-event-id': '4' } })).body.error.code, -32004);
});

t.test('when the previews are gone a Task comes first, and no event after it is left out (R10)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const run = await server.run(id);
  await run.preview('lost');
  server.live.forget(id);
  for (const lastEventId of [`2.${EPOCH + 1}`, '99', '2.1', `2.${EPOCH}`]) {
    const stream = await server.stream('SubscribeToTask', { id }, { headers: { 'last-event-id': lastEventId } });
    t.equal(brief(await stream.next()), '2 task WORKING', lastEventId);
    await stream.close();
  }
  await run.finish('lost and found');
  const missed = await server.stream('SubscribeToTask', { id }, { headers: { 'last-event-id': `2.${EPOCH + 1}` } });
  t.same((await missed.rest()).map(brief), ['2 task WORKING', '3 =lost and found.', '4 COMPLETED']);
  const { body } = await server.call('SubscribeToTask', { id }, { headers: { 'last-event-id': 'garbage' } });
  t.equal(body.error.code, -32602);
  t.equal(body.error.data[1].fieldViolations[0].field, 'Last-Event-ID');
});

t.test('with the extension, events tell seq, epoch and cursor, and the cursor may come as a parameter (H2, R10)', async (t) => {
  const server = startProtocolServer(t);
  const headers = { 'a2a-extensions': URI };
  const plain = await server.stream('SendStreamingMessage', { message: userMessage('question') });
  const run = await server.nextRun();
  const stream = await server.stream('SubscribeToTask', { id: run.taskId, metadata: { [URI]: { cursor: '1' } } }, { headers });
  t.equal(stream.headers['a2a-extensions'], URI);
  const frames = [await stream.next()];
  await run.preview('a');
  frames.push(await stream.next());
  await run.finish('a');
  frames.push(...(await stream.rest()));
  t.same(
    (frames as WireFrame[]).map(({ data: { result } }) => (result.statusUpdate ?? result.artifactUpdate).metadata),
    [
      { [URI]: { seq: 2, epoch: 1, cursor: '2' } },
      { [URI]: { seq: 2, epoch: 1, cursor: `2.${EPOCH + 1}` } },
      { [URI]: { seq: 3, epoch: 1, cursor: '3' } },
      { [URI]: { seq: 4, epoch: 1, cursor: '4' } },
    ],
  );
  for (const { data } of await plain.rest()) t.notMatch(JSON.stringify(data), URI, 'others get plain A2A');
});

t.test('a resumed plain task stream keeps ids but no metadata', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const stream = await server.stream('SubscribeToTask', { id }, { headers: { 'last-event-id': '0' } });
  const frame = await stream.next();
  t.equal(frame?.id, '1');
  t.equal(frame?.data.result.task.metadata, undefined);
  await stream.close();
});
