/** Errors over gRPC: the status of the table, and google.rpc.Status in the trailer. */
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { AppError, type ErrorCode } from '../../src/base/errors.js';
import { type GrpcReply, Ready, startGrpcRig } from '../support/grpc-rig.js';
import { userMessage } from '../support/protocol-server.js';
import { agentSettings } from '../support/test-settings.js';

const info = (reason: string, domain = 'a2a-protocol.org') => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain });

t.test('every named error has its gRPC status, unary and streaming, with ErrorInfo (E1, E2, E3, E5, T10)', async (t) => {
  let thrown: unknown;
  const fail = () => Promise.reject(thrown);
  const operations = {
    ...{ sendMessage: fail, sendStreamingMessage: fail, getTask: fail, listTasks: fail, cancelTask: fail, subscribeToTask: fail },
    ...{ createPushConfig: fail, getPushConfig: fail, listPushConfigs: fail, deletePushConfig: fail },
    getExtendedAgentCard: fail,
  };
  const rig = await startGrpcRig(t, {}, { operations });
  const table: [ErrorCode, string, string, string][] = [
    ['TASK_NOT_FOUND', 'TASK_NOT_FOUND', 'NOT_FOUND', 'a2a-protocol.org'],
    ['TASK_NOT_CANCELABLE', 'TASK_NOT_CANCELABLE', 'FAILED_PRECONDITION', 'a2a-protocol.org'],
    ['PUSH_NOT_SUPPORTED', 'PUSH_NOTIFICATION_NOT_SUPPORTED', 'FAILED_PRECONDITION', 'a2a-protocol.org'],
    ['OPERATION_UNSUPPORTED', 'UNSUPPORTED_OPERATION', 'FAILED_PRECONDITION', 'a2a-protocol.org'],
    ['CONTENT_TYPE_NOT_SUPPORTED', 'CONTENT_TYPE_NOT_SUPPORTED', 'INVALID_ARGUMENT', 'a2a-protocol.org'],
    ['AGENT_RESPONSE_INVALID', 'INVALID_AGENT_RESPONSE', 'INTERNAL', 'a2a-protocol.org'],
    ['EXTENDED_CARD_NOT_CONFIGURED', 'EXTENDED_AGENT_CARD_NOT_CONFIGURED', 'FAILED_PRECONDITION', 'a2a-protocol.org'],
    ['EXTENSION_REQUIRED', 'EXTENSION_SUPPORT_REQUIRED', 'FAILED_PRECONDITION', 'a2a-protocol.org'],
    ['VERSION_NOT_SUPPORTED', 'VERSION_NOT_SUPPORTED', 'FAILED_PRECONDITION', 'a2a-protocol.org'],
    ['PARAMS_INVALID', 'INVALID_PARAMS', 'INVALID_ARGUMENT', 'hector'],
    ['ACCESS_UNAUTHENTICATED', 'UNAUTHENTICATED', 'UNAUTHENTICATED', 'hector'],
    ['ACCESS_FORBIDDEN', 'FORBIDDEN', 'PERMISSION_DENIED', 'hector'],
    ['CONTEXT_BUSY', 'CONTEXT_BUSY', 'ABORTED', 'hector'],
    ['HTTP_TOO_MANY_STREAMS', 'TOO_MANY_STREAMS', 'RESOURCE_EXHAUSTED', 'hector'],
  ];
  for (const [code, reason, grpcStatus, domain] of table) {
    thrown = new AppError(code);
    const replies: GrpcReply[] = [await rig.call('GetTask', { id: 'a' }), await rig.stream('SubscribeToTask', { id: 'a' }).ended];
    for (const reply of replies) {
      t.equal(status[reply.code], grpcStatus, code);
      t.equal(reply.message, (thrown as AppError).message);
      t.same(reply.details[0], info(reason, domain));
    }
  }
  for (const bug of [new Error('secret /var/lib'), 'secret', undefined, new AppError('LLM_UNAUTHORIZED', { message: 'secret' })]) {
    thrown = bug;
    const reply = await rig.call('GetTask', { id: 'a' });
    t.equal(reply.code, status.INTERNAL);
    t.same([reply.message, reply.details], ['Internal error', [info('INTERNAL', 'hector')]], 'what goes wrong inside stays inside');
  }
});

t.test('tasks that are unknown, ended or not to be canceled are named as everywhere (E2, K2, N2, S5, S6, T8)', async (t) => {
  const rig = await startGrpcRig(t);
  const { id } = await rig.server.submit('question');
  await (await rig.server.run(id)).finish('answer');
  const unknown = { id: 'nothing' };
  for (const [method, request, code, reason] of [
    ['GetTask', unknown, status.NOT_FOUND, 'TASK_NOT_FOUND'],
    ['CancelTask', unknown, status.NOT_FOUND, 'TASK_NOT_FOUND'],
    ['SubscribeToTask', unknown, status.NOT_FOUND, 'TASK_NOT_FOUND'],
    ['SendMessage', { message: userMessage('a', { taskId: 'nothing' }) }, status.NOT_FOUND, 'TASK_NOT_FOUND'],
    ['CancelTask', { id }, status.FAILED_PRECONDITION, 'TASK_NOT_CANCELABLE'],
    ['SendMessage', { message: userMessage('a', { taskId: id }) }, status.FAILED_PRECONDITION, 'UNSUPPORTED_OPERATION'],
    ['SubscribeToTask', { id }, status.FAILED_PRECONDITION, 'UNSUPPORTED_OPERATION'],
  ] as const) {
    const reply = method === 'SubscribeToTask' ? await rig.stream(method, request).ended : await rig.call(method, request);
    t.equal(reply.code, code, `${method} ${reason}`);
    t.same(reply.details, [info(reason)]);
    if (method === 'SubscribeToTask') continue;
    const { error } = (await rig.server.call(method, request)).body;
    t.same([reply.message, reply.details], [error.message, error.data], 'the words of JSON-RPC');
  }
});

t.test('every violation is named with its field (E4, E6, D4, S7)', async (t) => {
  const rig = await startGrpcRig(t);
  const empty = await rig.call('SendMessage', {});
  t.equal(empty.code, status.INVALID_ARGUMENT);
  t.match(empty.details[1], { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field: 'message' }] });
  const part = { content: undefined, metadata: undefined, filename: '', mediaType: '' };
  const message = {
    ...{ messageId: '', contextId: 'x'.repeat(600), taskId: '', role: 7, metadata: undefined, extensions: [], referenceTaskIds: [] },
    parts: [part, { ...part, content: { $case: 'url', value: '' } }],
  };
  const configuration = { acceptedOutputModes: [], taskPushNotificationConfig: undefined, historyLength: -1, returnImmediately: true };
  const wrong = await rig.call('SendMessage', new Ready({ tenant: '', message, configuration, metadata: undefined }));
  t.equal(wrong.code, status.INVALID_ARGUMENT);
  const { fieldViolations } = wrong.details[1] as { fieldViolations: { field: string; description: string }[] };
  t.same(fieldViolations.map(({ field }) => field).sort(), [
    'configuration.historyLength',
    'message.contextId',
    'message.messageId',
    'message.parts[0]',
    'message.parts[1].url',
    'message.role',
  ]);
  const image = await rig.call('SendMessage', { message: userMessage('', { parts: [{ raw: 'AAAA', mediaType: 'image/png' }] }) });
  t.equal(image.code, status.INVALID_ARGUMENT);
  t.equal(image.details[0]?.['reason'], 'CONTENT_TYPE_NOT_SUPPORTED');
});

t.test('what JSON cannot say is refused, and many violations still fit into a trailer (E4, E6)', async (t) => {
  const rig = await startGrpcRig(t);
  const message = (content: unknown) => {
    const part = { content: { $case: 'data', value: content }, metadata: undefined, filename: '', mediaType: '' };
    const fields = { messageId: 'a', contextId: '', taskId: '', role: 1, metadata: undefined, extensions: [], referenceTaskIds: [] };
    return new Ready({ tenant: '', message: { ...fields, parts: [part] }, configuration: undefined, metadata: undefined });
  };
  let deep: unknown = 1;
  for (let level = 0; level < 101; level++) deep = [deep];
  for (const value of [Number.NaN, { a: [Number.POSITIVE_INFINITY] }, deep]) {
    const reply = await rig.call('SendMessage', message(value));
    t.equal(reply.code, status.INVALID_ARGUMENT);
    t.match(reply.details[1], { fieldViolations: [{ field: 'message.parts[0].data' }] });
  }
  const long = await rig.call('GetTask', { id: '\u{1F600}'.repeat(100_000) });
  t.equal(long.code, status.INVALID_ARGUMENT);
  const bare = Array.from({ length: 100 }, () => ({
    content: undefined,
    metadata: undefined,
    filename: 'x'.repeat(600),
    mediaType: 'y'.repeat(600),
  }));
  const fields = { messageId: '', contextId: '', taskId: '', role: 0, metadata: undefined, extensions: [], referenceTaskIds: [] };
  const many = await rig.call(
    'SendMessage',
    new Ready({ tenant: '', message: { ...fields, parts: bare }, configuration: undefined, metadata: undefined }),
  );
  t.equal(many.code, status.INVALID_ARGUMENT);
  t.match(many.message, /and 49 more/);
  const size = many.trailers.get('grpc-status-details-bin').reduce((sum, value) => sum + value.length, 0);
  t.ok(size > 1000 && size < 5000, `${size} bytes`);
});

t.test("bytes that are no request are the client's mistake (E6, GR1)", async (t) => {
  const rig = await startGrpcRig(t);
  const nested = Buffer.alloc(60_000, 0x32);
  for (const bytes of [Buffer.from('garbage'), Buffer.from([0x0a, 0xff]), Buffer.from([0xff, 0xff, 0xff]), nested]) {
    const reply = await rig.callRaw('/lf.a2a.v1.A2AService/SendMessage', bytes);
    t.equal(reply.code, status.INVALID_ARGUMENT);
  }
});

t.test('temporary failures are UNAVAILABLE and say when to try again (E8)', async (t) => {
  const rig = await startGrpcRig(t);
  for (const [outage, delayMs, reason] of [
    [new AppError('OVERLOADED', { retryAfterMs: 2500 }), 2500, 'OVERLOADED'],
    [new AppError('DATABASE_UNAVAILABLE', { message: 'postgres at 10.0.0.1' }), 1000, 'UNAVAILABLE'],
  ] as const) {
    rig.server.store.outage = outage;
    const reply = await rig.call('SendMessage', { message: userMessage('a') });
    t.equal(reply.code, status.UNAVAILABLE);
    t.same(reply.details, [info(reason, 'hector'), { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelayMs: delayMs }]);
    t.notMatch(reply.message, /10\.0/);
  }
});

t.test('who is refused gets UNAUTHENTICATED before anything else is looked at (E7, Z2)', async (t) => {
  const seen: unknown[] = [];
  const rig = await startGrpcRig(
    t,
    {},
    {
      authenticate: async ({ headers, remoteAddress }) => {
        seen.push([headers['authorization'], remoteAddress]);
        throw new AppError('ACCESS_UNAUTHENTICATED');
      },
    },
  );
  const unary = await rig.callRaw('/lf.a2a.v1.A2AService/GetTask', Buffer.from('garbage'), { metadata: { authorization: 'Bearer x' } });
  const stream = await rig.stream('SendStreamingMessage', { message: userMessage('a') }).ended;
  t.same([unary.code, stream.code], [status.UNAUTHENTICATED, status.UNAUTHENTICATED]);
  t.same(seen[0], ['Bearer x', '127.0.0.1']);
  const places = rig.server.dependencies.settings().server.limits.maxStreamsPerCaller;
  for (let n = 0; n < places; n++) rig.server.dependencies.quota.acquire('local');
  t.throws(() => rig.server.dependencies.quota.acquire('local'), 'no stream is left counted, and none less');
});

t.test('private and unknown agents look alike, and so do tasks of others; internal ones want credentials (E7, Z2, API-71)', async (t) => {
  const agents = {
    helper: agentSettings(),
    inner: agentSettings({ visibility: 'internal' }),
    hidden: agentSettings({ visibility: 'private' }),
  };
  let authenticated = false;
  const rig = await startGrpcRig(t, { agents }, { authenticate: async () => ({ subject: authenticated ? 'a' : 'b', authenticated }) });
  const ask = async (tenant: string) => {
    const { code, message, details } = await rig.call('GetTask', { tenant, id: 'x' });
    return { code, message: message.replace(tenant, '…'), details };
  };
  const unknown = await ask('unknown');
  t.match(unknown, { code: status.NOT_FOUND, details: [info('AGENT_NOT_FOUND', 'hector')] });
  t.same(await ask('hidden'), unknown);
  t.match(await ask('inner'), { code: status.UNAUTHENTICATED, details: [info('UNAUTHENTICATED', 'hector')] });
  authenticated = true;
  t.same(await ask('hidden'), unknown);
  t.equal((await ask('inner')).details[0]?.['reason'], 'TASK_NOT_FOUND', 'internal agents exist for who is known');
  t.equal((await ask('constructor')).code, status.NOT_FOUND);

  const mine = await rig.call('SendMessage', { message: userMessage('mine'), configuration: { returnImmediately: true } });
  authenticated = false;
  t.equal((await rig.call('GetTask', { id: mine.body.task.id })).code, status.NOT_FOUND, "somebody else's task");
});

t.test('a failure in mid-stream is the status of the stream, with its details (T10)', async (t) => {
  const rig = await startGrpcRig(t);
  const { id } = await rig.server.submit('question');
  const stream = rig.stream('SubscribeToTask', { id });
  await stream.next();
  rig.server.store.outage = new Error('secret path /var/lib');
  rig.server.live.gap();
  t.equal(await stream.next(), undefined);
  const { code, message, details } = await stream.ended;
  t.same([code, message, details], [status.INTERNAL, 'Internal error', [info('INTERNAL', 'hector')]]);
});
