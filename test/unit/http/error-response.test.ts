import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { errorResponse, errorShapeOf } from '../../../src/http/error-response.js';

t.test('a refusal has the shape of JSON-RPC at an agent, of HTTP+JSON below it, elsewhere the one of this server (E5, J4)', async (t) => {
  const shapeAt = (path: string, method = 'GET', sent?: string) => {
    const request = { method, path, ...(sent === undefined ? {} : { body: Buffer.from(sent) }) };
    const { status, body } = errorShapeOf(request)(new AppError('HTTP_REQUEST_TIMEOUT', { message: 'too slow' }));
    t.equal(status, 408);
    const { error, ...envelope } = JSON.parse(body as string);
    return method === 'POST' && 'jsonrpc' in envelope ? { ...envelope, error } : error;
  };
  for (const path of ['/agents/a/tasks', '/agents/a%2Fb/message:send', '/agents/a//x', '/agents/a/t/tasks/1'])
    t.match(shapeAt(path), { code: 408, status: 'UNAVAILABLE', message: 'too slow', details: [{ reason: 'REQUEST_TIMEOUT' }] }, path);
  for (const path of ['', '/', '/agents', '/agents/', '/agents/a', '/agents/a/', '/api/agents/a/b', '/agents//x'])
    t.match(shapeAt(path), { code: 'HTTP_REQUEST_TIMEOUT', message: 'too slow' }, path);
  const error = { code: -32600, message: 'too slow', data: [{ reason: 'REQUEST_TIMEOUT', domain: 'hector' }] };
  t.match(shapeAt('/agents/a', 'POST'), { jsonrpc: '2.0', id: null, error }, 'a JSON-RPC call of which nothing is known');
  t.match(shapeAt('/agents/a', 'POST', '{"jsonrpc":"2.0","id":"x7","method":"GetTask"}'), { jsonrpc: '2.0', id: 'x7', error });
  t.match(shapeAt('/agents/a', 'POST', '{"jsonrpc":"2.0","id":"x7","met'), { jsonrpc: '2.0', id: null, error });
});

t.test('what is wrong inside is for the log; what a client can do something about is said in full (E5)', async (t) => {
  const tell = (error: AppError) => JSON.parse(errorResponse(error, 'r1').body as string).error;
  const inside = new AppError('DATABASE_UNAVAILABLE', {
    message: "databases.main: PostgreSQL at db.internal:5432, database 'runs', user 'hector'",
  });
  t.same(tell(inside), { code: 'DATABASE_UNAVAILABLE', message: 'The database cannot be reached', requestId: 'r1' });
  t.match(tell(new AppError('HTTP_DRAINING', { message: 'send the request again' })), { message: 'send the request again' });
  t.match(tell(new AppError('TASK_BUSY', { message: 'later' })), { message: 'later' });
});
