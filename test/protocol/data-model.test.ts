import t from 'tap';
import { startProtocolServer, userMessage } from '../support/protocol-server.js';
import { artifact, status } from '../support/test-worker.js';

const immediately = { returnImmediately: true };

t.test('answers are camelCase, with enum names and UTC timestamps, and without defaults (D1, D2, D3, D7)', async (t) => {
  const server = startProtocolServer(t);
  const message = userMessage('hello', { contextId: 'context-1' });
  const { body } = await server.call('SendMessage', { message, configuration: immediately });
  t.same(Object.keys(body), ['jsonrpc', 'id', 'result']);
  t.match(body.result.task.status.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const { id } = body.result.task;
  t.same(body.result, {
    task: {
      id,
      contextId: 'context-1',
      status: { state: 'TASK_STATE_SUBMITTED', timestamp: body.result.task.status.timestamp },
      history: [{ messageId: message.messageId, contextId: 'context-1', taskId: id, role: 'ROLE_USER', parts: [{ text: 'hello' }] }],
    },
  });
});

t.test('unknown fields are ignored at every level, null unsets (D5, D6)', async (t) => {
  const server = startProtocolServer(t);
  const message = {
    ...userMessage('hello'),
    kind: 'message',
    contextId: null,
    parts: [{ text: 'hello', kind: 'text', url: null, metadata: null }],
  };
  const { body } = await server.call('SendMessage', {
    message,
    configuration: { ...immediately, historyLength: null, blocking: true },
    surprise: {},
  });
  t.same(body.result.task.history[0].parts, [{ text: 'hello' }]);
});

t.test('snake_case names, enum numbers and decimal text are read as their canonical forms (D6)', async (t) => {
  const server = startProtocolServer(t);
  const message = {
    message_id: 'snake',
    context_id: 'context-2',
    role: 1,
    parts: [{ raw: 'aGk_-w', media_type: 'text/plain' }],
    reference_task_ids: ['other'],
  };
  const { body } = await server.call('SendMessage', {
    message,
    configuration: { return_immediately: true, history_length: '5', accepted_output_modes: ['text/plain'] },
  });
  const { task } = body.result;
  t.equal(task.contextId, 'context-2');
  t.same(task.history, [
    {
      messageId: 'snake',
      contextId: 'context-2',
      taskId: task.id,
      role: 'ROLE_USER',
      parts: [{ raw: 'aGk/+w==', mediaType: 'text/plain' }],
      referenceTaskIds: ['other'],
    },
  ]);
});

t.test('every kind of part goes through whole, data: null and metadata of any JSON included (D9)', async (t) => {
  const server = startProtocolServer(t);
  const parts = [
    { text: '' },
    { data: null },
    { data: { deep: [1, null, { x: 'y' }] }, metadata: { list: [1, { a: null }] } },
    { url: 'https://example.com/a.txt', mediaType: 'text/plain', filename: 'a.txt' },
    { raw: '', mediaType: 'text/plain' },
  ];
  const { body } = await server.call('SendMessage', {
    message: { ...userMessage(''), parts, metadata: { any: [true, 1.5] } },
    configuration: immediately,
    metadata: { of: 'task' },
  });
  t.same(body.result.task.history[0].parts, parts);
  t.same(body.result.task.history[0].metadata, { any: [true, 1.5] });
  t.same(body.result.task.metadata, { of: 'task' });
});

t.test('every violation is told at once, with its field and what to write (D4, E4, E6)', async (t) => {
  const server = startProtocolServer(t);
  const message = { role: 'ROLE_AGENT', parts: [{ text: 'a', url: 'b' }, {}, 'x', { raw: '!' }, { url: '' }], contextId: 7, metadata: [] };
  const { status: httpStatus, body } = await server.call('SendMessage', {
    message,
    configuration: { historyLength: -1, returnImmediately: 'yes' },
  });
  t.equal(httpStatus, 200);
  t.equal(body.error.code, -32602);
  t.match(body.error.message, /^Invalid parameters: message\.messageId: is required: .* \(and 10 more\)$/);
  t.same(body.error.data[1], {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [
      { field: 'message.messageId', description: 'is required: give every message an id of its own, for example a UUID' },
      { field: 'message.role', description: 'must be "ROLE_USER" (not "ROLE_AGENT")' },
      { field: 'message.contextId', description: 'must be a string, not a number' },
      { field: 'message.parts[0]', description: 'must have exactly one of text, raw, url, data (not text and url)' },
      { field: 'message.parts[1]', description: 'must have exactly one of text, raw, url, data (none is given)' },
      { field: 'message.parts[2]', description: 'must be an object, not a string' },
      { field: 'message.parts[3].raw', description: 'must be base64' },
      { field: 'message.parts[4].url', description: 'must not be empty' },
      { field: 'message.metadata', description: 'must be an object, not an array' },
      { field: 'configuration.historyLength', description: 'must be an integer from 0 to 2147483647, not -1' },
      { field: 'configuration.returnImmediately', description: 'must be true or false, not a string' },
    ],
  });
});

t.test('empty required arrays and missing fields are refused (D4)', async (t) => {
  const server = startProtocolServer(t);
  const cases: [unknown, string][] = [
    [{}, 'message'],
    [{ message: { ...userMessage('a'), parts: [] } }, 'message.parts'],
    [{ message: { messageId: 'm', role: 'ROLE_USER' } }, 'message.parts'],
    [{ message: { messageId: '', role: 'ROLE_USER', parts: [{ text: 'a' }] } }, 'message.messageId'],
    [{ message: { messageId: 'm', parts: [{ text: 'a' }] } }, 'message.role'],
    [{ message: { ...userMessage('a'), messageId: 'x'.repeat(513) } }, 'message.messageId'],
    [{ message: { ...userMessage('a'), taskId: 'nul\0' } }, 'message.taskId'],
    [{ message: { ...userMessage('a'), parts: Array.from({ length: 101 }, () => ({ text: 'a' })) } }, 'message.parts'],
  ];
  for (const [params, field] of cases) {
    const { body } = await server.call('SendMessage', params);
    t.equal(body.error?.code, -32602, field);
    t.equal(body.error?.data[1].fieldViolations[0].field, field);
  }
});

t.test('hostile JSON is refused and harms nothing: depth, __proto__ (E6, Z4)', async (t) => {
  const server = startProtocolServer(t);
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  const body = (data: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"data":${data}}]}}}`;
  for (const [data, description] of [
    [deep, 'must not be nested deeper than 100 levels'],
    ['{"__proto__":{"polluted":true}}', "must not hold the key '__proto__'"],
    ['{"a":[{"__proto__":1}]}', "must not hold the key '__proto__'"],
  ] as const) {
    const reply = await server.post(body(data));
    t.equal(reply.body.error.code, -32602);
    t.same(reply.body.error.data[1].fieldViolations, [{ field: 'message.parts[0].data', description }]);
  }
  const unknown = await server.post(
    `{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"none","x":${deep},"__proto__":{"id":"y"}}}`,
  );
  t.equal(unknown.body.error.code, -32001, 'in a field nobody reads it is ignored');
  t.equal(({} as Record<string, unknown>).polluted, undefined);
});

t.test('results are artifacts; a status message moves to the history when the status passes (D8, M11)', async (t) => {
  const server = startProtocolServer(t);
  const { id, contextId } = await server.submit('question');
  const run = await server.run(id);
  await run.commit({ events: [status('TASK_STATE_WORKING', 'looking')] });
  await run.commit({
    events: [artifact([{ text: 'half ' }], { lastChunk: false }), artifact([{ text: 'whole' }, { data: { n: 1 } }], { append: true })],
  });
  await run.commit({ state: 'TASK_STATE_COMPLETED', events: [status('TASK_STATE_COMPLETED', 'done')] });
  const { body } = await server.call('GetTask', { id });
  t.same(body.result.artifacts, [{ artifactId: 'answer', parts: [{ text: 'half ' }, { text: 'whole' }, { data: { n: 1 } }] }]);
  t.same(body.result.status.message, { messageId: 'status done', role: 'ROLE_AGENT', parts: [{ text: 'done' }], taskId: id, contextId });
  t.same(
    body.result.history.map(({ role, parts }: { role: string; parts: { text: string }[] }) => `${role} ${parts[0]?.text}`),
    ['ROLE_USER question', 'ROLE_AGENT looking'],
  );
});
