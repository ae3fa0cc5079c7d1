import t from 'tap';
import { startProtocolServer, userMessage } from '../support/protocol-server.js';
import { agentSettings } from '../support/test-settings.js';
import { artifact, status } from '../support/test-worker.js';

const immediately = { returnImmediately: true };
const stranger = { subject: 'somebody else', authenticated: true };

t.test('a blocking send answers when the task has ended, with its artifacts (S2)', async (t) => {
  const server = startProtocolServer(t);
  const sent = server.call('SendMessage', { message: userMessage('question') });
  const run = await server.nextRun();
  await run.preview('an');
  await run.finish('answer');
  const { body } = await sent;
  t.equal(body.result.task.status.state, 'TASK_STATE_COMPLETED');
  t.same(body.result.task.artifacts, [{ artifactId: 'answer', parts: [{ text: 'answer' }] }]);
});

t.test('a blocking send answers when the task waits for somebody (S2)', async (t) => {
  const server = startProtocolServer(t);
  for (const state of ['TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED', 'TASK_STATE_FAILED', 'TASK_STATE_REJECTED'] as const) {
    const sent = server.call('SendMessage', { message: userMessage('question') });
    await (await server.nextRun()).rest(state, 'because');
    const { body } = await sent;
    t.equal(body.result.task.status.state, state);
    t.equal(body.result.task.status.message.parts[0].text, 'because');
  }
});

t.test('a client that goes away detaches from its blocking send; the task goes on (R6)', async (t) => {
  const server = startProtocolServer(t);
  const controller = new AbortController();
  const sent = server.call('SendMessage', { message: userMessage('question') }, { signal: controller.signal });
  const run = await server.nextRun();
  controller.abort();
  t.equal((await sent).body.result.task.status.state.startsWith('TASK_STATE_'), true);
  t.equal(server.feed.size, 0);
  await run.finish('answer');
  t.equal((await server.call('GetTask', { id: run.taskId })).body.result.status.state, 'TASK_STATE_COMPLETED');
});

t.test('returnImmediately answers with the task in progress (S3)', async (t) => {
  const server = startProtocolServer(t);
  const { body } = await server.call('SendMessage', { message: userMessage('question'), configuration: immediately });
  t.equal(body.result.task.status.state, 'TASK_STATE_SUBMITTED');
});

t.test('contexts are made or kept, task ids are made and unique (M1, M2, M3, M6, API-38)', async (t) => {
  const server = startProtocolServer(t);
  const send = async (message: unknown) => (await server.call('SendMessage', { message, configuration: immediately })).body.result.task;
  const first = await send(userMessage('a'));
  t.match(first.contextId, /^.{8,}$/);
  const second = await send(userMessage('b', { contextId: 'mine' }));
  t.equal(second.contextId, 'mine');
  const third = await send(userMessage('c', { contextId: first.contextId }));
  t.equal(third.contextId, first.contextId);
  t.equal(new Set([first.id, second.id, third.id]).size, 3);
});

t.test('a task that asked for input goes on under its id, its context implied (M4, M7, API-38)', async (t) => {
  const server = startProtocolServer(t);
  const { id, contextId } = await server.submit('question');
  await (await server.run(id)).rest('TASK_STATE_INPUT_REQUIRED', 'which one?');
  const answered = server.call('SendMessage', { message: userMessage('the red one', { taskId: id }) });
  await (await server.nextRun()).finish('red');
  const { task } = (await answered).body.result;
  t.equal(task.id, id);
  t.equal(task.contextId, contextId);
  t.equal(task.status.state, 'TASK_STATE_COMPLETED', 'it did not answer with the state before the message');
  t.same(
    task.history.map(({ parts }: { parts: { text: string }[] }) => parts[0]?.text),
    ['question', 'which one?', 'the red one'],
  );
});

t.test('a context other than that of the task is refused (M5)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const { body } = await server.call('SendMessage', { message: userMessage('more', { taskId: id, contextId: 'other' }) });
  t.equal(body.error.code, -32602);
  t.equal(body.error.data[1].fieldViolations[0].field, 'message.contextId');
});

t.test('nothing follows a terminal state: no message, no subscription, no cancel (M10, S5, T8, N2)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  await (await server.run(id)).finish('answer');
  t.equal((await server.call('SendMessage', { message: userMessage('more', { taskId: id }) })).body.error.code, -32004);
  t.equal((await server.call('SendStreamingMessage', { message: userMessage('more', { taskId: id }) })).body.error.code, -32004);
  t.equal((await server.call('SubscribeToTask', { id })).body.error.code, -32004);
  t.equal((await server.call('CancelTask', { id })).body.error.code, -32002);
});

t.test('unknown tasks, tasks of other callers and of other agents look the same (S6, K2, T8, N2, E7, Z2)', async (t) => {
  const server = startProtocolServer(t, { agents: { helper: agentSettings(), other: agentSettings() } });
  const { id } = await server.submit('question');
  const bodies: string[] = [];
  for (const [asked, options] of [
    ['unknown', {}],
    [id, { principal: stranger }],
    [id, { agent: 'other' }],
  ] as const) {
    for (const [method, params] of [
      ['SendMessage', { message: userMessage('more', { taskId: asked }) }],
      ['SendStreamingMessage', { message: userMessage('more', { taskId: asked }) }],
      ['GetTask', { id: asked }],
      ['CancelTask', { id: asked }],
      ['SubscribeToTask', { id: asked }],
    ] as const) {
      const { status: httpStatus, body } = await server.call(method, params, options);
      t.equal(httpStatus, 200);
      bodies.push(JSON.stringify(body).replaceAll(asked, 'X'));
    }
  }
  t.same(JSON.parse(bodies[0] as string).error.code, -32001);
  t.same([...new Set(bodies)].length, 1);
});

t.test('historyLength: unset gives all, 0 none, N the newest N, on every method (K1, S8)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('one');
  const run = await server.run(id);
  await run.rest('TASK_STATE_INPUT_REQUIRED', 'two');
  await server.call('SendMessage', { message: userMessage('three', { taskId: id }), configuration: immediately });
  const texts = (task: { history?: { parts: { text: string }[] }[] }) => task.history?.map(({ parts }) => parts[0]?.text);
  const get = async (historyLength?: number) => texts((await server.call('GetTask', { id, historyLength })).body.result);
  t.same(await get(), ['one', 'two', 'three']);
  t.equal(await get(0), undefined);
  t.same(await get(1), ['three']);
  t.same(await get(2), ['two', 'three']);
  t.same(await get(99), ['one', 'two', 'three']);
  const sent = await server.call('SendMessage', { message: userMessage('x'), configuration: { ...immediately, historyLength: 0 } });
  t.notOk('history' in sent.body.result.task);
  const stream = await server.stream('SendStreamingMessage', { message: userMessage('x'), configuration: { historyLength: 0 } });
  t.equal((await stream.next())?.data.result.task.history, undefined);
  await stream.close();
});

t.test('cancel answers the canceled task, again when repeated (N1, N3)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const first = await server.call('CancelTask', { id, metadata: { why: 'enough' } });
  t.equal(first.body.result.status.state, 'TASK_STATE_CANCELED');
  t.same((await server.call('CancelTask', { id })).body.result, first.body.result);
});

t.test('a repeated messageId gives the same task, from any method (S10, R11)', async (t) => {
  const server = startProtocolServer(t);
  const message = userMessage('question', { contextId: 'c' });
  const first = (await server.call('SendMessage', { message, configuration: immediately })).body.result.task;
  t.equal((await server.call('SendMessage', { message, configuration: immediately })).body.result.task.id, first.id);
  const stream = await server.stream('SendStreamingMessage', { message });
  t.equal((await stream.next())?.data.result.task.id, first.id);
  await stream.close();
});

t.test('a messageId that was used for another message is refused, in whatever order its members stand (R11)', async (t) => {
  const server = startProtocolServer(t);
  const parts = [{ data: { a: 1, b: { c: 2, d: 3 } } }, { text: 'x' }];
  const message = { messageId: 'm', contextId: 'c', role: 'ROLE_USER', parts, metadata: { k: 1 } };
  const send = async (extra: object) =>
    (await server.call('SendMessage', { message: { ...message, ...extra }, configuration: immediately })).body;
  const { id } = (await send({})).result.task;
  const reordered = [{ data: { b: { d: 3, c: 2 }, a: 1 } }, { text: 'x' }];
  t.equal((await send({ parts: reordered })).result.task.id, id);
  for (const extra of [{ parts: [...parts].reverse() }, { parts: [{ text: 'x' }] }, { metadata: { k: 2 } }, { metadata: undefined }]) {
    const { error } = await send(extra);
    t.equal(error.code, -32602);
    t.same(error.data.at(-1).fieldViolations, [
      { field: 'message.messageId', description: "'m' was used for another message; use a new id for a new message" },
    ]);
  }
  t.equal((await send({ contextId: 'd', parts: [{ text: 'y' }] })).error, undefined, 'in another context it is another message');
});

t.test('parts of a media type that the agent does not take are refused, wildcards and informal modes count (S7)', async (t) => {
  const send = async (inputModes: readonly string[], part: unknown) => {
    const server = startProtocolServer(t, { agents: { helper: agentSettings({ inputModes }) } });
    return (
      (await server.call('SendMessage', { message: { ...userMessage(''), parts: [part] }, configuration: immediately })).body.error?.code ??
      'taken'
    );
  };
  const png = { raw: 'AAAA', mediaType: 'image/png' };
  t.equal(await send(['text/plain'], { text: 'a' }), 'taken');
  t.equal(await send([], { text: 'a' }), 'taken');
  t.equal(await send(['text/plain'], { text: 'a', mediaType: 'Text/Plain; charset=utf-8' }), 'taken');
  t.equal(await send(['text'], { text: 'a', mediaType: 'text/markdown' }), 'taken');
  t.equal(await send(['text/plain'], { text: 'a', mediaType: 'text/markdown' }), -32005);
  t.equal(await send(['text/plain'], png), -32005);
  t.equal(await send(['text/plain'], { url: 'https://x/y' }), -32005);
  t.equal(await send(['image/*'], png), 'taken');
  t.equal(await send(['*/*'], png), 'taken');
  t.equal(await send(['image'], { text: 'a' }), -32005);
  t.equal(await send(['text/plain'], { data: { decision: 'approve' } }), 'taken');
  t.equal(await send(['text/plain'], { data: {}, mediaType: 'application/json' }), -32005);
});

t.test('a client that accepts nothing the agent makes is told so before any work (S8)', async (t) => {
  const server = startProtocolServer(t);
  const send = async (acceptedOutputModes: readonly string[]) =>
    (await server.call('SendMessage', { message: userMessage('a'), configuration: { ...immediately, acceptedOutputModes } })).body.error
      ?.code;
  t.equal(await send(['image/png']), -32005);
  for (const modes of [[], ['text/plain'], ['image/png', 'text/*'], ['*/*'], ['text']]) t.equal(await send(modes), undefined, modes.join());
});

t.test('an artifact that restarts replaces what it held (T11)', async (t) => {
  const server = startProtocolServer(t);
  const { id } = await server.submit('question');
  const run = await server.run(id);
  await run.commit({
    events: [artifact([{ text: 'old' }], { lastChunk: false }), artifact([{ text: ' more' }], { append: true, lastChunk: false })],
  });
  await run.commit({ state: 'TASK_STATE_COMPLETED', events: [artifact([{ text: 'new' }]), status('TASK_STATE_COMPLETED')] });
  t.same((await server.call('GetTask', { id })).body.result.artifacts, [{ artifactId: 'answer', parts: [{ text: 'new' }] }]);
});
