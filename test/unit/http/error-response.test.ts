import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { errorResponse, errorShapeAt } from '../../../src/http/error-response.js';

t.test('below an agent every refusal has the shape of HTTP+JSON, elsewhere the one of this server (E5)', async (t) => {
  const shapeAt = (path: string) => {
    const { status, body } = errorShapeAt(path)(new AppError('HTTP_REQUEST_TIMEOUT', { message: 'too slow' }));
    t.equal(status, 408);
    return JSON.parse(body as string).error;
  };
  for (const path of ['/agents/a/tasks', '/agents/a%2Fb/message:send', '/agents/a//x', '/agents/a/t/tasks/1'])
    t.match(shapeAt(path), { code: 408, status: 'UNAVAILABLE', message: 'too slow', details: [{ reason: 'REQUEST_TIMEOUT' }] }, path);
  for (const path of ['', '/', '/agents', '/agents/', '/agents/a', '/agents/a/', '/api/agents/a/b', '/agents//x'])
    t.match(shapeAt(path), { code: 'HTTP_REQUEST_TIMEOUT', message: 'too slow' }, path);
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
