import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import { createAskService } from '../../../src/providers/embedders/ask-service.js';
import { createExchange } from '../../../src/providers/vector-stores/outside/exchange.js';
import { embedderSettings } from '../../support/embedder-settings.js';
import { recordLog } from '../../support/record-log.js';
import { serviceSettings } from '../../support/service-settings.js';

/** Answers with white space for as long as anybody reads. */
async function endlessServer(test: Test) {
  const piece = Buffer.alloc(65_536, ' ');
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    const pump = () => {
      while (response.write(piece));
      response.once('drain', pump);
    };
    response.on('error', () => undefined);
    pump();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const closed = new Promise<void>((resolve) => server.on('connection', (socket) => socket.on('close', () => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, closed };
}

t.test('an answer without end is given up before it fills the memory, and its connection closed', async (t) => {
  const signal = new AbortController().signal;
  t.test('of an embedder', async (t) => {
    const { url, closed } = await endlessServer(t);
    const wire = {
      baseUrl: url,
      send: async (_texts: readonly string[], _purpose: string, fetch: typeof globalThis.fetch) => ({
        vectors: await (await fetch(url)).json(),
        tokens: undefined,
      }),
      readFailure: () => undefined,
    };
    const ask = createAskService({
      ...{ settings: embedderSettings({ provider: 'openai' }), name: 'main', clock: systemClock, host: 'peer' },
      ...{ guard: { check: async () => undefined }, loadWire: async () => wire, maxAnswerBytes: 1_000_000 },
    });
    const { result } = await ask(['text'], 'document', signal);
    t.match(result, { code: 'EMBEDDER_BAD_RESPONSE', message: 'peer (embedders.main) gave more than 1000000 bytes' });
    await closed;
  });
  t.test('of a vector store', async (t) => {
    const { url, closed } = await endlessServer(t);
    const exchange = createExchange({
      ...{ key: 'vector_stores.main', settings: serviceSettings('qdrant', { url }), headers: {}, maxAnswerBytes: 1_000_000 },
      ...{ clock: systemClock, log: recordLog().log },
    });
    await t.rejects(exchange({ method: 'POST', path: '/', isRead: false }, signal), {
      code: 'VECTOR_STORE_BAD_RESPONSE',
      message: /vector_stores.main\) gave more than 1000000 bytes/,
    });
    await closed;
  });
});
