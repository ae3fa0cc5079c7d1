/** What is refused before a JSON-RPC call is seen, or beside it: always in its envelope (E5, J4). */
import t from 'tap';
import { userMessage } from '../support/protocol-server.js';
import { startRestServer } from '../support/rest-rig.js';

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';
const call = (method: string, params: unknown) => ({ jsonrpc: '2.0', id: 'x7', method, params });

for (const http of ['uws', 'node'] as const) {
  t.test(`over ${http}`, async (t) => {
    t.test('callers, sizes, streams, agents and media types: a JSON-RPC error with its details (E1, E3, E5, J4, Z4)', async (t) => {
      const server = await startRestServer(t, { http, limits: { maxBodyBytes: 1000, maxStreamsPerCaller: 0 } });
      const stream = call('SendStreamingMessage', { message: userMessage('a') });
      for (const [options, status, id, code, reason] of [
        [{ headers: { 'x-subject': 'refused' }, body: call('GetTask', {}) }, 401, 'x7', -32600, 'UNAUTHENTICATED'],
        [{ body: 'x'.repeat(1001) }, 413, null, -32600, 'BODY_TOO_LARGE'],
        [{ body: stream }, 429, 'x7', -32603, 'TOO_MANY_STREAMS'],
        [{ agent: 'nobody', body: call('GetTask', {}) }, 404, 'x7', -32602, 'AGENT_NOT_FOUND'],
        [{ headers: { 'content-type': 'text/plain' }, body: call('GetTask', {}) }, 415, 'x7', -32600, 'UNSUPPORTED_MEDIA_TYPE'],
        [{ body: '{"jsonrpc":"2.0","id":"x7","method' }, 200, null, -32700, 'INVALID_JSON'],
      ] as const) {
        const reply = await server.ask('POST', '', options);
        t.equal(reply.status, status, reason);
        t.equal(reply.headers['content-type'], 'application/json');
        t.same(Object.keys(reply.body).sort(), ['error', 'id', 'jsonrpc']);
        t.match(reply.body, {
          jsonrpc: '2.0',
          error: { code, message: String, data: [{ '@type': ERROR_INFO, reason, domain: 'hector' }] },
        });
        t.equal(reply.body.id, id, reason);
        t.equal('retry-after' in reply.headers, status === 429);
        if (status === 429) t.match(reply.body.error.data, [{}, { '@type': RETRY_INFO, retryDelay: '1s' }]);
      }
    });

    t.test('a server that shuts down answers the call, with its id and a delay (E5, E8, J4)', async (t) => {
      const server = await startRestServer(t, { http });
      const asked = server.ask('POST', '', { body: call('SendMessage', { message: userMessage('question') }) });
      await server.nextRun();
      // Nobody finishes the task: the budget ends first.
      await server.drain(20);
      const { status, headers, body } = await asked;
      t.equal(status, 503);
      t.equal(headers['retry-after'], '1');
      t.match(body, { jsonrpc: '2.0', id: 'x7', error: { code: -32603, data: [{ reason: 'DRAINING' }, { '@type': RETRY_INFO }] } });
    });
  });
}
