import t from 'tap';
import { AppError } from '../../src/base/errors.js';
import { userMessage } from '../support/protocol-server.js';
import { RawHttpClient } from '../support/raw-http-client.js';
import { startRestServer } from '../support/rest-rig.js';
import { agentSettings } from '../support/test-settings.js';

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}`, async (t) => {
    t.test('an error has its HTTP status, the name of it, a message and typed details (E1, E2, E3, E5, K2, N2, S5, S6, S7)', async (t) => {
      const server = await startRestServer(t, { http, agents: { helper: agentSettings(), still: agentSettings({ streaming: false }) } });
      const { id } = await server.submit('question');
      await (await server.run(id)).finish('answer');
      const message = (extra: Record<string, unknown>) => ({ body: { message: userMessage('x', extra) } });
      for (const [method, path, options, code, status, reason] of [
        ['GET', '/tasks/unknown', {}, 404, 'NOT_FOUND', 'TASK_NOT_FOUND'],
        ['POST', '/tasks/unknown:cancel', {}, 404, 'NOT_FOUND', 'TASK_NOT_FOUND'],
        ['GET', '/tasks/unknown:subscribe', {}, 404, 'NOT_FOUND', 'TASK_NOT_FOUND'],
        ['POST', '/message:send', message({ taskId: 'unknown' }), 404, 'NOT_FOUND', 'TASK_NOT_FOUND'],
        ['POST', `/tasks/${id}:cancel`, {}, 400, 'FAILED_PRECONDITION', 'TASK_NOT_CANCELABLE'],
        ['POST', '/message:send', message({ taskId: id }), 400, 'FAILED_PRECONDITION', 'UNSUPPORTED_OPERATION'],
        ['POST', '/message:stream', { ...message({}), agent: 'still' }, 400, 'FAILED_PRECONDITION', 'UNSUPPORTED_OPERATION'],
        [
          'POST',
          '/message:send',
          message({ parts: [{ raw: 'aa', mediaType: 'image/png' }] }),
          400,
          'INVALID_ARGUMENT',
          'CONTENT_TYPE_NOT_SUPPORTED',
        ],
        ['GET', '/tasks/x', { headers: { 'a2a-version': '0.3' } }, 400, 'FAILED_PRECONDITION', 'VERSION_NOT_SUPPORTED'],
      ] as const) {
        const reply = await server.ask(method, path, options);
        t.equal(reply.status, code, `${method} ${path}`);
        t.equal(reply.headers['content-type'], 'application/a2a+json');
        t.same(Object.keys(reply.body), ['error']);
        t.same(Object.keys(reply.body.error), ['code', 'status', 'message', 'details']);
        t.match(reply.body.error, { code, status, details: [{ '@type': ERROR_INFO, reason, domain: 'a2a-protocol.org' }] });
        t.ok(reply.body.error.message.length > 0);
      }
    });

    t.test('everything that is wrong with a request is named before any work (E4, E6, D4)', async (t) => {
      const server = await startRestServer(t, { http });
      const fields = async (method: string, path: string, body?: unknown) => {
        const reply = await server.ask(method, path, body === undefined ? {} : { body });
        t.equal(reply.status, 400, path);
        t.equal(reply.body.error.status, 'INVALID_ARGUMENT');
        t.match(reply.body.error.details, [{ '@type': ERROR_INFO, reason: 'INVALID_PARAMS', domain: 'hector' }, { '@type': BAD_REQUEST }]);
        return reply.body.error.details[1].fieldViolations.map(({ field, description }: Record<string, string>) => {
          t.ok(description);
          return field;
        });
      };
      t.same(await fields('POST', '/message:send', {}), ['message']);
      t.same(
        await fields('POST', '/message:stream', {
          message: { role: 'ROLE_AGENT', parts: [{}] },
          configuration: { historyLength: -1, returnImmediately: 'yes' },
        }),
        ['message.messageId', 'message.role', 'message.parts[0]', 'configuration.historyLength', 'configuration.returnImmediately'],
      );
      for (const body of ['[]', '"x"', '7', 'true']) t.same(await fields('POST', '/message:send', body), ['body'], body);
      t.same(await fields('GET', '/tasks/x?historyLength=many'), ['historyLength']);
      for (const [body, text] of [
        ['{', 'not closed'],
        ['\ufeff{}', 'byte order mark'],
        ['{"message":NaN}', 'not JSON'],
      ] as const) {
        const { status, body: reply } = await server.ask('POST', '/message:send', { body });
        t.equal(status, 400, text);
        t.match(reply.error, {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: 'Invalid JSON payload',
          details: [{ reason: 'INVALID_JSON' }],
        });
      }
      t.match((await server.ask('GET', '/tasks/%ff')).body.error, {
        code: 400,
        status: 'INVALID_ARGUMENT',
        details: [{ '@type': ERROR_INFO }],
      });
    });

    t.test('unknown, private and foreign cannot be told apart (E7)', async (t) => {
      const server = await startRestServer(t, {
        http,
        agents: {
          helper: agentSettings(),
          second: agentSettings(),
          hidden: agentSettings({ visibility: 'private' }),
          inner: agentSettings({ visibility: 'internal' }),
          roles: agentSettings({ allowedRoles: ['staff'] }),
        },
      });
      const { id } = await server.submit('question');
      for (const [method, path] of [
        ['GET', `/tasks/${id}`],
        ['POST', `/tasks/${id}:cancel`],
        ['GET', `/tasks/${id}:subscribe`],
        ['POST', '/message:send'],
        ['GET', '/extendedAgentCard'],
        ['GET', '/nothing'],
        ['DELETE', '/tasks'],
      ] as const) {
        const answers = [];
        for (const [agent, headers] of [
          ['nobody', {}],
          ['hidden', {}],
          ['roles', {}],
          ['constructor', {}],
          ['__proto__', {}],
        ] as const) {
          const { status, body } = await server.ask(method, path, { agent, headers });
          answers.push(`${status} ${JSON.stringify(body).replaceAll(agent, 'X')}`);
        }
        t.equal(new Set(answers).size, 1, `agents: ${method} ${path}`);
      }
      t.equal((await server.ask('GET', '/tasks/x', { agent: 'inner' })).body.error.details[0].reason, 'TASK_NOT_FOUND');
      const { status, headers } = await server.ask('GET', '/tasks/x', { agent: 'inner', headers: { 'x-subject': '' } });
      t.match({ status, challenge: headers['www-authenticate'] }, { status: 401, challenge: 'Bearer realm="hector"' }, 'API-71');
      const unknown = '01234567-89ab-7def-8123-456789abcdef';
      for (const [method, verb] of [
        ['GET', ''],
        ['POST', ':cancel'],
        ['POST', ':subscribe'],
      ] as const) {
        const answers = [];
        for (const [task, options] of [
          [unknown, {}],
          [id, { headers: { 'x-subject': 'somebody else' } }],
          [id, { agent: 'second' }],
        ] as const) {
          const { status, body } = await server.ask(method, `/tasks/${task}${verb}`, options);
          answers.push(`${status} ${JSON.stringify(body).replaceAll(task, 'X')}`);
        }
        t.equal(new Set(answers).size, 1, `tasks: ${method} ${verb}`);
        t.match(answers[0], /^404 .*TASK_NOT_FOUND/);
      }
    });

    t.test('temporary failures say when to try again, permanent ones of ours tell nothing (E8)', async (t) => {
      const server = await startRestServer(t, { http });
      for (const [outage, retryAfter, retryDelay, reason] of [
        [new AppError('OVERLOADED', { retryAfterMs: 2500 }), '3', '2.5s', 'OVERLOADED'],
        [new AppError('DATABASE_UNAVAILABLE', { message: 'postgres at 10.0.0.1' }), '1', '1s', 'UNAVAILABLE'],
      ] as const) {
        server.store.outage = outage;
        const { status, headers, body } = await server.ask('POST', '/message:send', { body: { message: userMessage('a') } });
        t.equal(status, 503);
        t.equal(headers['retry-after'], retryAfter);
        t.match(body.error, { code: 503, status: 'UNAVAILABLE', details: [{ reason }, { '@type': RETRY_INFO, retryDelay }] });
        t.notMatch(body.error.message, /10\.0/);
      }
      server.store.outage = new Error('bug at /secret');
      const { status, headers, body } = await server.ask('GET', '/tasks/x');
      t.equal(status, 500);
      t.same(body.error, {
        code: 500,
        status: 'INTERNAL',
        message: 'Internal error',
        details: [{ '@type': ERROR_INFO, reason: 'INTERNAL', domain: 'hector' }],
      });
      t.notOk('retry-after' in headers);
    });

    t.test('what is refused before the binding has the same shape: callers, sizes, streams (E1, E5, Z4)', async (t) => {
      const server = await startRestServer(t, { http, limits: { maxBodyBytes: 1000, maxStreamsPerCaller: 0 } });
      for (const [method, path, options, code, status, reason] of [
        ['GET', '/tasks/x', { headers: { 'x-subject': 'refused' } }, 401, 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
        ['POST', '/message:send', { body: 'x'.repeat(1001) }, 413, 'INVALID_ARGUMENT', 'BODY_TOO_LARGE'],
        ['POST', '/message:stream', { body: { message: userMessage('a') } }, 429, 'RESOURCE_EXHAUSTED', 'TOO_MANY_STREAMS'],
        ['GET', '/tasks/x:subscribe', {}, 429, 'RESOURCE_EXHAUSTED', 'TOO_MANY_STREAMS'],
      ] as const) {
        const reply = await server.ask(method, path, options);
        t.equal(reply.status, code, path);
        t.match(reply.body.error, { code, status, message: String, details: [{ '@type': ERROR_INFO, reason, domain: 'hector' }] });
      }
    });

    t.test('a server that shuts down says so in the same shape (E5, E8)', async (t) => {
      const server = await startRestServer(t, { http });
      const asked = server.ask('POST', '/message:send', { body: { message: userMessage('question') } });
      await server.nextRun();
      // Nobody finishes the task: the budget ends first.
      await server.drain(20);
      const { status, headers, body } = await asked;
      t.equal(status, 503);
      t.equal(headers['retry-after'], '1');
      t.match(body.error, {
        code: 503,
        status: 'UNAVAILABLE',
        details: [{ '@type': ERROR_INFO, reason: 'DRAINING' }, { '@type': RETRY_INFO }],
      });
    });

    t.test('the version comes by header or query; none is 0.3 and refused (V1, V2, V3, V4)', async (t) => {
      const server = await startRestServer(t, { http });
      const ask = async (version: string | undefined, query = '') =>
        (await server.ask('GET', `/tasks/x${query}`, { headers: { 'a2a-version': version } })).body.error.details[0].reason;
      for (const version of ['1.0', '1.0.1', ' 1.0 ']) t.equal(await ask(version), 'TASK_NOT_FOUND', version);
      t.equal(await ask(undefined, '?A2A-Version=1.0'), 'TASK_NOT_FOUND');
      t.equal(await ask(undefined, '?a2a-version=1.0.3&unknown=x'), 'TASK_NOT_FOUND');
      for (const version of [undefined, '', '0.3', '1.1', '1', 'x']) t.equal(await ask(version), 'VERSION_NOT_SUPPORTED', `${version}`);
      t.equal(await ask('0.3', '?A2A-Version=1.0'), 'VERSION_NOT_SUPPORTED', 'the header counts first');
      const lenient = await startRestServer(t, { http, server: { a2a: { assumeVersion: '1.0' } } });
      t.match(await lenient.ask('GET', '/tasks/x', { headers: { 'a2a-version': undefined } }), { status: 404 });
    });

    t.test('extensions are negotiated by header, also in answers that are errors (H1, H2)', async (t) => {
      const server = await startRestServer(t, { http });
      const uri = 'urn:hector:extension:reliable-stream:v1';
      const ask = async (value: string) =>
        (await server.ask('GET', '/tasks/x', { headers: { 'A2A-Extensions': value } })).headers['a2a-extensions'];
      t.equal(await ask('urn:other:v1'), undefined);
      t.equal(await ask(`urn:other:v1 , ${uri},urn:third`), uri);
      const raw = new RawHttpClient(server.port).send(
        `GET /agents/helper/tasks/x HTTP/1.1\r\nHost: h\r\nA2A-Version: 1.0\r\na2a-extensions: urn:a\r\nA2A-EXTENSIONS: ${uri}\r\n\r\n`,
      );
      t.teardown(() => raw.close());
      t.match((await raw.until('}]}}')).toLowerCase(), `a2a-extensions: ${uri}\r\n`, 'a repeated header counts as one list');
    });
  });
}
