/**
 * The world outside, as a process of its own that nobody kills: counts every call as it arrives, then takes its time to answer.
 * `POST /calls`, `GET /evidence/<callId>`, `GET /report`. Ends with its standard input.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type EffectCall, EffectCounts } from './effect-counts.js';

const counts = new EffectCounts();

const server = createServer((request, response) => {
  void answer(request, response);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  if (path === '/report') response.end(JSON.stringify(counts.report()));
  else if (path.startsWith('/evidence/')) response.end(JSON.stringify(counts.find(path.slice('/evidence/'.length)) ?? null));
  else {
    const body = await text(request).catch(() => '');
    // A request cut off in its middle was never made.
    if (body === '') return;
    const call = JSON.parse(body) as EffectCall;
    counts.count(call);
    setTimeout(() => response.end(`${call.callId} is done`), call.answerAfterMs);
  }
}
