/** The gRPC binding's methods, and that their results are those of the other bindings. */
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { startTestFront } from '../support/front-rig.js';
import { encodeRequest, METHOD_NAMES, Ready, startGrpcRig, wireOf } from '../support/grpc-rig.js';
import { userMessage } from '../support/protocol-server.js';
import { agentSettings, serverSettings } from '../support/test-settings.js';
import { artifact, status as statusEvent } from '../support/test-worker.js';

t.test('every method of lf.a2a.v1.A2AService is there, others are unimplemented (GR1)', async (t) => {
  const rig = await startGrpcRig(t);
  t.equal(METHOD_NAMES.length, 11);
  for (const method of METHOD_NAMES) {
    t.equal(wireOf(method).path, `/lf.a2a.v1.A2AService/${method}`);
    t.not((await rig.callRaw(wireOf(method).path, Buffer.alloc(0))).code, status.UNIMPLEMENTED, method);
  }
  for (const path of ['/lf.a2a.v1.A2AService/Nothing', '/a2a.v1.A2AService/SendMessage', '/nowhere'])
    t.equal((await rig.callRaw(path, Buffer.alloc(0))).code, status.UNIMPLEMENTED, path);
});

t.test('SendMessage waits for the end, or returns at once; GetTask and CancelTask answer the task (GR1, S1, S2, S3, K1, N1)', async (t) => {
  const rig = await startGrpcRig(t);
  const waiting = rig.call('SendMessage', { message: userMessage('question'), configuration: { historyLength: 0 } });
  await (await rig.server.nextRun()).finish('answer');
  const { body, code } = await waiting;
  t.equal(code, status.OK);
  t.match(body.task, { status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [{ artifactId: 'answer', parts: [{ text: 'answer' }] }] });
  t.notOk('history' in body.task, 'historyLength 0 is not "unset"');

  const sent = await rig.call('SendMessage', { message: userMessage('later'), configuration: { returnImmediately: true } });
  t.equal(sent.body.task.status.state, 'TASK_STATE_SUBMITTED');
  const { id } = sent.body.task;
  t.match((await rig.call('GetTask', { id })).body, { id, history: [{ parts: [{ text: 'later' }] }] });
  t.equal((await rig.call('CancelTask', { id })).body.status.state, 'TASK_STATE_CANCELED');
});

t.test(
  'a message carries every kind of part there and back, and the JSON is that of the other two bindings (A13, D6, D7, D9, GR1)',
  async (t) => {
    const agents = { helper: agentSettings({ inputModes: ['*/*'], outputModes: ['*/*'] }) };
    const rig = await startGrpcRig(t, { agents });
    const data = {
      list: [null, true, -1.5, 'x', [], {}],
      empty: '',
      zero: 0,
      big: 9_007_199_254_740_991,
      no: false,
      'ключ ✓': '\u0000\u{1F600}',
    };
    const content = (kind: string, value: unknown) => ({
      content: { $case: kind, value },
      metadata: undefined,
      filename: '',
      mediaType: '',
    });
    const message = {
      ...{
        messageId: 'all-parts',
        contextId: '',
        taskId: '',
        role: 1,
        metadata: { ...data },
        extensions: ['urn:x'],
        referenceTaskIds: ['t-0'],
      },
      parts: [
        { ...content('text', 'hello ✓'), metadata: {}, filename: 'a.txt', mediaType: 'text/plain' },
        content('text', ''),
        { ...content('raw', Buffer.from([0, 255, 254, 1])), mediaType: 'image/png' },
        content('raw', Buffer.alloc(0)),
        content('url', 'https://example.com/a'),
        content('data', data),
        content('data', null),
        content('data', [1, null]),
        content('data', 'text'),
        content('data', false),
        content('data', 0),
      ],
    };
    const request = { tenant: '', message, configuration: undefined, metadata: { trace: [1, { a: null }] } };
    const configuration = { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: true };
    const sent = await rig.call('SendMessage', new Ready({ ...request, configuration }));
    t.equal(sent.code, status.OK, sent.message);
    const { id } = sent.body.task;
    const run = await rig.server.run(id);
    const parts = [
      { data: null },
      { raw: 'AAH/', filename: 'b.bin', mediaType: 'application/x' },
      { text: '' },
      { url: 'https://e/', metadata: {} },
      { data },
    ];
    await run.commit({ events: [artifact(parts, { lastChunk: false }), artifact([{ text: 'x' }], { artifactId: 'second' })] });
    await run.commit({ state: 'TASK_STATE_INPUT_REQUIRED', events: [statusEvent('TASK_STATE_INPUT_REQUIRED', 'which?')] });

    const overJsonRpc = (await rig.server.call('GetTask', { id })).body.result;
    const front = await startTestFront(t, rig.server.binding);
    const overRest = await fetch(`${front.url}/agents/helper/tasks/${id}`, { headers: { 'a2a-version': '1.0' } });
    t.same((await rig.call('GetTask', { id })).body, overJsonRpc);
    t.same(await overRest.json(), overJsonRpc);
    t.same(overJsonRpc.history[0].parts, [
      { text: 'hello ✓', metadata: {}, filename: 'a.txt', mediaType: 'text/plain' },
      { text: '' },
      { raw: 'AP/+AQ==', mediaType: 'image/png' },
      { raw: '' },
      { url: 'https://example.com/a' },
      { data },
      { data: null },
      { data: [1, null] },
      { data: 'text' },
      { data: false },
      { data: 0 },
    ]);
    t.same(overJsonRpc.history[0].metadata, data);
    t.same(overJsonRpc.metadata, { trace: [1, { a: null }] });
    t.same(overJsonRpc.artifacts[0].parts, parts);
    const subscribed = await rig.stream('SubscribeToTask', { id }).next();
    const stream = await rig.server.stream('SubscribeToTask', { id });
    t.same(subscribed, (await stream.next())?.data.result, 'and so it is as the first event of a stream');
    await stream.close();
  },
);

t.test('what the card does not declare is refused as over JSON-RPC (P1, X1, AC13, A13)', async (t) => {
  const rig = await startGrpcRig(t);
  for (const [method, request] of [
    ['CreateTaskPushNotificationConfig', { taskId: 'a', url: 'https://example.com' }],
    ['GetTaskPushNotificationConfig', { taskId: 'a', id: 'b' }],
    ['ListTaskPushNotificationConfigs', { taskId: 'a' }],
    ['DeleteTaskPushNotificationConfig', { taskId: 'a', id: 'b' }],
    ['GetExtendedAgentCard', {}],
  ] as const) {
    const over = { grpc: await rig.call(method, request), jsonRpc: await rig.server.call(method, request) };
    t.equal(over.grpc.code, status.FAILED_PRECONDITION, method);
    t.same(over.grpc.details, over.jsonRpc.body.error.data);
    t.equal(over.grpc.message, over.jsonRpc.body.error.message);
  }
});

t.test('a message larger than the body limit is RESOURCE_EXHAUSTED, and the connection lives on (Z4)', async (t) => {
  const rig = await startGrpcRig(t, {
    server: { limits: { ...serverSettings().limits, maxBodyBytes: 2048 } },
  });
  const large = await rig.call('SendMessage', { message: userMessage('x'.repeat(3000)) });
  t.equal(large.code, status.RESOURCE_EXHAUSTED);
  t.equal((await rig.call('GetTask', { id: 'none' })).code, status.NOT_FOUND);
});

t.test('a key __proto__ is left out: it reaches no object (D9, Z4)', async (t) => {
  const rig = await startGrpcRig(t);
  const fields = {
    messageId: 'a',
    contextId: '',
    taskId: '',
    role: 1,
    metadata: { __prote__: { polluted: 1 }, kept: 1 },
    extensions: [],
    referenceTaskIds: [],
  };
  const parts = [{ content: { $case: 'text', value: 'a' }, metadata: undefined, filename: '', mediaType: '' }];
  const configuration = { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: true };
  const bytes = encodeRequest('SendMessage', new Ready({ tenant: '', message: { ...fields, parts }, configuration, metadata: undefined }));
  // The SDK cannot write this key, so it is put into the bytes.
  const polluting = Buffer.from(bytes.toString('latin1').replace('__prote__', '__proto__'), 'latin1');
  t.equal((await rig.callRaw('/lf.a2a.v1.A2AService/SendMessage', polluting)).code, status.OK);
  const { taskId } = await rig.server.nextRun();
  t.same((await rig.call('GetTask', { id: taskId })).body.history[0].metadata, { kept: 1 });
  t.equal(({} as { polluted?: number }).polluted, undefined);
});
