import t from 'tap';
import { httpErrorBody, toWireError } from '../../src/a2a/errors.js';
import { AppError, type ErrorCode } from '../../src/base/errors.js';
import { startProtocolServer, userMessage } from '../support/protocol-server.js';

t.test('every named error has its codes (E2, E3)', async (t) => {
  const table: [ErrorCode, string, number, number, string][] = [
    ['TASK_NOT_FOUND', 'TASK_NOT_FOUND', -32001, 404, 'NOT_FOUND'],
    ['TASK_NOT_CANCELABLE', 'TASK_NOT_CANCELABLE', -32002, 400, 'FAILED_PRECONDITION'],
    ['PUSH_NOT_SUPPORTED', 'PUSH_NOTIFICATION_NOT_SUPPORTED', -32003, 400, 'FAILED_PRECONDITION'],
    ['OPERATION_UNSUPPORTED', 'UNSUPPORTED_OPERATION', -32004, 400, 'FAILED_PRECONDITION'],
    ['CONTENT_TYPE_NOT_SUPPORTED', 'CONTENT_TYPE_NOT_SUPPORTED', -32005, 400, 'INVALID_ARGUMENT'],
    ['AGENT_RESPONSE_INVALID', 'INVALID_AGENT_RESPONSE', -32006, 500, 'INTERNAL'],
    ['EXTENDED_CARD_NOT_CONFIGURED', 'EXTENDED_AGENT_CARD_NOT_CONFIGURED', -32007, 400, 'FAILED_PRECONDITION'],
    ['EXTENSION_REQUIRED', 'EXTENSION_SUPPORT_REQUIRED', -32008, 400, 'FAILED_PRECONDITION'],
    ['VERSION_NOT_SUPPORTED', 'VERSION_NOT_SUPPORTED', -32009, 400, 'FAILED_PRECONDITION'],
  ];
  for (const [code, reason, jsonRpcCode, httpStatus, grpcStatus] of table) {
    t.match(toWireError(new AppError(code)), {
      jsonRpcCode,
      httpStatus,
      grpcStatus,
      details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'a2a-protocol.org' }],
    });
  }
});

t.test('standard JSON-RPC errors have the standard messages (E1, E2)', async (t) => {
  for (const [code, jsonRpcCode, message] of [
    ['REQUEST_INVALID_JSON', -32700, 'Invalid JSON payload'],
    ['REQUEST_INVALID', -32600, 'Request payload validation error'],
    ['METHOD_NOT_FOUND', -32601, 'Method not found'],
    ['PARAMS_INVALID', -32602, 'Invalid parameters'],
    ['INTERNAL', -32603, 'Internal error'],
  ] as const) {
    const wire = toWireError(new AppError(code));
    t.equal(wire.jsonRpcCode, jsonRpcCode);
    t.equal(wire.message, message);
    for (const detail of wire.details) t.match(detail['@type'], /^type\.googleapis\.com\//);
  }
});

t.test('what goes wrong inside stays inside: no paths, hosts, texts or problems', async (t) => {
  const inner = { message: 'ENOENT /secret/path', details: { host: 'db.internal' }, problems: [{ field: 'secret', description: 'x' }] };
  for (const thrown of [
    new Error('secret'),
    'secret',
    undefined,
    new AppError('INTERNAL', inner),
    new AppError('LLM_UNAUTHORIZED', inner),
    new AppError('CONFIG_INVALID', inner),
    new AppError('DATABASE_UNAVAILABLE', inner),
  ]) {
    t.notMatch(JSON.stringify(toWireError(thrown)), /secret|internal\.|ENOENT/);
  }
});

t.test('temporary failures say when to try again, as HTTP 503 (E8)', async (t) => {
  const server = startProtocolServer(t);
  for (const [outage, retryAfter, reason] of [
    [new AppError('OVERLOADED', { retryAfterMs: 2500 }), '3', 'OVERLOADED'],
    [new AppError('HTTP_DRAINING'), '1', 'DRAINING'],
    [new AppError('DATABASE_UNAVAILABLE', { message: 'postgres at 10.0.0.1' }), '1', 'UNAVAILABLE'],
    [new AppError('REDIS_UNAVAILABLE'), '1', 'UNAVAILABLE'],
  ] as const) {
    server.store.outage = outage;
    const { status, headers, body } = await server.call('SendMessage', { message: userMessage('a') });
    t.equal(status, 503);
    t.equal(headers['retry-after'], retryAfter);
    t.equal(body.error.code, -32603);
    t.equal(body.error.data[0].reason, reason);
    t.equal(body.error.data.at(-1)['@type'], 'type.googleapis.com/google.rpc.RetryInfo');
    t.notMatch(body.error.message, /10\.0/);
  }
  server.store.outage = new Error('bug');
  const { status, headers } = await server.call('SendMessage', { message: userMessage('a') });
  t.equal(status, 500, 'a permanent fault of ours');
  t.notOk('retry-after' in headers);
});

t.test('outside JSON-RPC an error is an HTTP body with status name and details (E5)', async (t) => {
  const { status, headers, body } = httpErrorBody(
    new AppError('PARAMS_INVALID', { message: 'Invalid parameters: a: b', problems: [{ field: 'a', description: 'b' }] }),
  );
  t.equal(status, 400);
  t.same(headers, { 'content-type': 'application/json' });
  t.same(JSON.parse(body), {
    error: {
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: 'Invalid parameters: a: b',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'INVALID_PARAMS', domain: 'hector' },
        { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field: 'a', description: 'b' }] },
      ],
    },
  });
});
