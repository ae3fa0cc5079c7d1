/** What people use these tools for, against peers of this machine that `allow_private` lists (TOOL-17, TOOL-18). */
import t from 'tap';
import type { JsonObject } from '../../../../../src/base/json.js';
import { startWebPeer } from '../../../../support/web-peer.js';
import { callTool, createWebTool } from '../../../../support/web-tool.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const USES: Readonly<Record<string, JsonObject>> = {
  'a page': { url: '/' },
  'a path': { url: '/a/b/c.html' },
  'a query': { url: '/?q=a+b&n=1' },
  'an escaped path': { url: '/a%20b/%C3%A9' },
  'an unescaped path': { url: '/é b' },
  'a part of a page': { url: '/page#part' },
  'an @ in a path': { url: '/@scope/package' },
  'an @ in a query': { url: '/?mail=a@example.com' },
  'an address in a query': { url: '/?next=http://127.0.0.1/' },
  'a colon in a path': { url: '/wiki/Help:Contents' },
  'dots in a path': { url: '/a/../b/./c' },
  'a long URL': { url: `/${'x'.repeat(4_000)}` },
  'small letters for the scheme or not': { url: '/', scheme: 'HTTP' },
  'a trailing dot': { url: '/', host: 'name.test.' },
  'a name': { url: '/', host: 'name.test' },
  'a name with digits': { url: '/', host: '127001.name.test' },
  'a name with an underscore': { url: '/', host: 'my_service.name.test' },
  'an international name': { url: '/', host: 'bücher.test' },
  'a name that begins as an address': { url: '/', host: '10.0.0.1.name.test' },
  HEAD: { url: '/', method: 'HEAD' },
  OPTIONS: { url: '/', method: 'OPTIONS' },
  'POST of JSON': { url: '/', method: 'POST', headers: JSON_TYPE, body: '{"a":"é"}' },
  'POST of a form': { url: '/', method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1&b=2' },
  'POST without a body': { url: '/', method: 'POST' },
  'POST of lines': { url: '/', method: 'POST', body: 'one\r\ntwo\n' },
  PUT: { url: '/1', method: 'PUT', headers: JSON_TYPE, body: '{}' },
  PATCH: { url: '/1', method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: '{"a":null}' },
  DELETE: { url: '/1', method: 'DELETE' },
  'DELETE with a body': { url: '/1', method: 'DELETE', body: '{"why":"old"}' },
  'a bearer token': { url: '/', headers: { Authorization: 'Bearer abc.def-ghi' } },
  'an API key': { url: '/', headers: { 'X-Api-Key': 'k' } },
  'a cookie': { url: '/', headers: { Cookie: 'a=b; c=d' } },
  accept: { url: '/', headers: { Accept: 'application/vnd.github+json', 'Accept-Language': 'de, en;q=0.5' } },
  "a name of one's own": { url: '/', headers: { 'User-Agent': 'mine/1.0' } },
  'a range': { url: '/', headers: { Range: 'bytes=0-99' } },
  'a condition': { url: '/', headers: { 'If-None-Match': 'W/"abc"' } },
  'an idempotency key': { url: '/', method: 'POST', headers: { 'Idempotency-Key': 'mine' } },
  'an empty header': { url: '/', headers: { 'x-empty': '' } },
  'a large body': { url: '/', method: 'POST', body: 'x'.repeat(1_048_576) },
};

t.test('ordinary requests pass (TOOL-17, TOOL-18)', async (t) => {
  t.ok(Object.keys(USES).length >= 30);
  const peer = await startWebPeer(t, (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('fine'));
  const resolveHost = async () => [{ address: '127.0.0.1', family: 4 }];
  const request = createWebTool('web_request', { allow_private: ['127.0.0.0/8'] }, { resolveHost });
  const fetch = createWebTool('web_fetch', { allow_private: ['*'] }, { resolveHost });
  for (const [name, { scheme = 'http', host = '127.0.0.1', url, ...args }] of Object.entries(USES)) {
    const whole = `${scheme as string}://${host as string}:${peer.port}${url as string}`;
    t.match(await callTool(request, { ...args, url: whole }), { content: /^HTTP 200 OK/ }, name);
    t.equal(peer.received.at(-1)?.body, args['body'] ?? '', name);
    if (Object.keys(args).length === 0) t.match((await callTool(fetch, { url: whole })).content, /fine$/, name);
  }
  t.equal(peer.received.find(({ headers }) => headers['user-agent'] === 'mine/1.0')?.headers['user-agent'], 'mine/1.0');
  t.ok(peer.received.some(({ headers }) => headers['idempotency-key'] === 'mine'));
});
