import t from 'tap';
import { startNodeServer } from '../../src/http/node-server.js';
import { startUwsServer } from '../../src/http/uws-server.js';
import type { HttpAdapter } from './http-server.js';
import { faultContract } from './http-server-faults.js';
import { requestContract } from './http-server-requests.js';
import { streamContract } from './http-server-streams.js';

const adapters: readonly HttpAdapter[] = [
  {
    name: 'uWebSockets.js',
    start: startUwsServer,
    malformed: { answeredBy: 'library', reason: 'the parser answers before any callback, with a short HTML page' },
    pipelining: { whileUnanswered: 'closes', reason: 'the library closes a connection whose next request comes before the answer' },
    rawUtf8Path: { result: 'read', reason: 'the parser takes any byte' },
  },
  {
    name: 'node:http',
    start: startNodeServer,
    malformed: { answeredBy: 'refuse', reason: 'clientError hands us the socket' },
    pipelining: { whileUnanswered: 'answers-in-order', reason: 'node queues responses' },
    rawUtf8Path: { result: 'refused', reason: 'the parser is strict, as the standard allows' },
  },
];

for (const adapter of adapters) {
  t.test(adapter.name, async (t) => {
    requestContract(t, adapter);
    faultContract(t, adapter);
    streamContract(t, adapter);
  });
}
