import { brotliCompressSync, gzipSync } from 'node:zlib';
import t from 'tap';
import type { JsonObject } from '../../../../../src/base/json.js';
import { startWebPeer } from '../../../../support/web-peer.js';
import { callTool, createWebTool, dataOf } from '../../../../support/web-tool.js';

const LOCAL = { allow_private: ['127.0.0.1'] };
const request = (keys: JsonObject = {}) => createWebTool('web_request', { ...LOCAL, ...keys });

t.test('method, headers and body arrive, and status, headers and text come back (TOOL-17)', async (t) => {
  const peer = await startWebPeer(t, ({ method }, response) =>
    response.writeHead(method === 'DELETE' ? 204 : 201, { 'content-type': 'application/json', 'x-made': 'yes' }).end('{"id":7}'),
  );
  const result = await callTool(request(), {
    ...{ url: `${peer.url}/things?a=b#part`, method: 'POST' },
    ...{ headers: { 'Content-Type': 'application/json', Authorization: 'Bearer k' }, body: '{"name":"é"}' },
  });
  t.match(result.content, /^HTTP 201 Created\n(.*\n)*x-made: yes\n(.*\n)*\n\{"id":7\}$/);
  t.match(peer.received[0], {
    ...{ method: 'POST', path: '/things?a=b', body: '{"name":"é"}' },
    headers: { 'user-agent': 'Hector/2.0', authorization: 'Bearer k', 'content-length': '13', 'idempotency-key': 'key' },
  });
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']) {
    t.match(await callTool(request(), { url: peer.url, method }), { content: /^HTTP 20[14] / }, method);
    t.equal(peer.received.at(-1)?.method, method);
  }
  t.equal(peer.received[1]?.headers['idempotency-key'], undefined, 'for what changes something only');
});

t.test('the effect is that of the worst method that is allowed; asking waits for approval either way (TOOL-01, R7)', async (t) => {
  t.match(request(), { effect: 'once', requiresApproval: true });
  t.match(request({ allowed_methods: ['GET', 'HEAD'] }), { effect: 'pure', requiresApproval: true });
  t.match(request({ allowed_methods: ['GET'], require_approval: false, effect: 'idempotent' }), {
    effect: 'idempotent',
    requiresApproval: false,
  });
  t.match(createWebTool('web_fetch'), { effect: 'pure', requiresApproval: false });
  t.match(createWebTool('web_search'), { effect: 'pure', requiresApproval: false });
  await t.rejects(
    callTool(request({ allowed_methods: ['GET'] }), { url: 'http://127.0.0.1/', method: 'POST' }),
    /must be one of \["GET"\]/,
  );
  await t.rejects(callTool(request({ allowed_methods: ['POST'] }), { url: 'http://127.0.0.1/' }), /misses the required parameter 'method'/);
});

t.test('domains are denied before they are allowed, and redirects are held to both (TOOL-17)', async (t) => {
  const peer = await startWebPeer(t, ({ path }, response) =>
    path === '/away' ? response.writeHead(302, { location: `http://other.test:${peer.port}/` }).end() : response.end('ok'),
  );
  const ask = (keys: JsonObject, host: string, path = '/') =>
    callTool(
      createWebTool(
        'web_request',
        { ...LOCAL, max_retries: 0, ...keys },
        { resolveHost: async () => [{ address: '127.0.0.1', family: 4 }] },
      ),
      { url: `http://${host}:${peer.port}${path}` },
    );
  const refused = { code: 'TOOL_URL_REFUSED' };
  for (const host of ['example.com', 'EXAMPLE.com', 'example.com.'])
    t.match((await ask({ allowed_domains: ['Example.com'] }, host)).content, /ok$/);
  for (const host of ['sub.example.com', 'a.b.example.com'])
    t.match((await ask({ allowed_domains: ['*.example.com'] }, host)).content, /ok$/);
  for (const host of ['example.com', 'notexample.com', 'example.com.evil.test', 'evil.test'])
    await t.rejects(ask({ allowed_domains: ['*.example.com'] }, host), refused, host);
  await t.rejects(ask({ denied_domains: ['*.example.com'] }, 'sub.example.com.'), refused);
  await t.rejects(ask({ allowed_domains: ['*.example.com'], denied_domains: ['a.example.com'] }, 'a.example.com'), refused);
  t.match((await ask({ allowed_domains: ['bücher.test'] }, 'xn--bcher-kva.test')).content, /ok$/, 'however it is spelled');
  await t.rejects(ask({ allowed_domains: ['example.com'] }, 'example.com', '/away'), {
    ...refused,
    message: /'other\.test' is not in allowed_domains/,
  });
  await t.rejects(ask({ denied_domains: ['other.test'] }, 'example.com', '/away'), refused);
});

t.test('nothing that may be a credential goes to another origin, and what is sent stays where it was meant for (TOOL-18)', async (t) => {
  const other = await startWebPeer(t, (_, response) => response.end('other'));
  const peer = await startWebPeer(t, ({ path }, response) =>
    response.writeHead(Number(path.slice(1)), { location: `${other.url}/x` }).end(),
  );
  const headers = { authorization: 'Bearer k', cookie: 'a=b', 'X-Api-Key': 'k', accept: 'text/plain' };
  for (const status of [301, 302, 303, 307, 308]) await callTool(request(), { url: `${peer.url}/${status}`, headers });
  t.equal(other.received.length, 5);
  for (const received of other.received) {
    t.match(received.headers, { accept: 'text/plain', 'user-agent': 'Hector/2.0' });
    for (const name of ['authorization', 'cookie', 'x-api-key']) t.notOk(name in received.headers, name);
  }
  for (const status of [307, 308]) {
    const result = await callTool(request(), { url: `${peer.url}/${status}`, method: 'POST', headers, body: 'secret' });
    t.match(result.content, new RegExp(`^HTTP ${status} (.*\n)*.*was not followed`));
  }
  t.equal(other.received.length, 5);
  const after = await callTool(request(), { url: `${peer.url}/303`, method: 'POST', headers, body: 'secret' });
  t.match(after.content, /other$/);
  t.match(other.received[5], { method: 'GET', body: '' });
});

t.test('a redirect on the same origin keeps headers, and method and body when it says so (TOOL-17)', async (t) => {
  const peer = await startWebPeer(t, ({ path }, response) =>
    path === '/end' ? response.end('end') : response.writeHead(Number(path.slice(1)), { location: '/end' }).end(),
  );
  const ask = (status: number) =>
    callTool(request(), {
      url: `${peer.url}/${status}`,
      method: 'POST',
      headers: { authorization: 'k', 'content-type': 'text/plain' },
      body: 'b',
    });
  await ask(307);
  t.match(peer.received[1], { method: 'POST', body: 'b', headers: { authorization: 'k', 'content-type': 'text/plain' } });
  const result = await ask(302);
  t.match(peer.received[3], { method: 'GET', body: '', headers: { authorization: 'k' } });
  t.notOk('content-type' in (peer.received[3]?.headers ?? {}));
  t.match(result.content, /\[Redirected to http:.*\/end\]/);
  t.equal(dataOf(result)['url'], `${peer.url}/end`);
});

t.test('redirects end at their number; 0 follows none (TOOL-17)', async (t) => {
  const peer = await startWebPeer(t, ({ path }, response) => response.writeHead(302, { location: `${path}x` }).end());
  await t.rejects(callTool(request(), { url: peer.url }), { code: 'TOOL_FAILED', message: /redirected more than 10 times/ });
  t.equal(peer.received.length, 11);
  t.match((await callTool(request({ max_redirects: 0 }), { url: peer.url })).content, /^HTTP 302/);
});

t.test('what may be repeated is tried again, after the time that the server asks for; a POST goes out once (TOOL-17, R7)', async (t) => {
  const peer = await startWebPeer(t, ({ path }, response, n) => {
    if (path === '/cut') return response.socket?.destroy();
    return n % 4 === 0 ? response.end('at last') : response.writeHead(503, { 'retry-after': '0' }).end('busy');
  });
  t.match((await callTool(request(), { url: peer.url })).content, /at last$/);
  t.equal(peer.received.length, 4, 'three further tries');
  t.match(await callTool(request(), { url: peer.url, method: 'POST', body: 'x' }), { isError: true, content: /^HTTP 503/ });
  t.equal(peer.received.length, 5);
  await t.rejects(callTool(request(), { url: `${peer.url}/cut`, method: 'POST', body: 'x' }), {
    code: 'TOOL_FAILED',
    message: /the POST may have been carried out all the same/,
  });
  t.equal(peer.received.length, 6);
  await t.rejects(callTool(request({ max_retries: 1 }), { url: `${peer.url}/cut` }), { code: 'TOOL_FAILED' });
  t.equal(peer.received.length, 8);
});

t.test('a server that asks to come back later than the call lasts is the answer', async (t) => {
  const peer = await startWebPeer(t, (_, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
  t.match(await callTool(request(), { url: peer.url }), { isError: true, content: /^HTTP 429 (.*\n)*retry-after: 3600/ });
  t.equal(peer.received.length, 1);
});

t.test("no line of a model gets onto the wire, and no header that is the connection's (TOOL-17)", async (t) => {
  const peer = await startWebPeer(t, (_, response) => response.end('ok'));
  const refused: readonly JsonObject[] = [
    ...[
      { 'x-a': 'b\r\nx-evil: 1' },
      { 'x-a': 'b\nx-evil: 1' },
      { 'x-a': 'b\0' },
      { 'x-a\r\nx-evil': '1' },
      { 'x a': '1' },
      { '': '1' },
      { 'x:a': '1' },
    ],
    ...[
      { 'x-a': '嘊嘍x-evil: 1' },
      { Host: 'inside' },
      { 'Content-Length': '0' },
      { 'transfer-encoding': 'chunked' },
      { Connection: 'upgrade' },
    ],
    ...[{ Upgrade: 'websocket' }, { 'proxy-authorization': 'k' }, { TE: 'trailers' }, { Expect: '100-continue' }, { a: '1', A: '2' }],
    Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`x-${index}`, '1'])),
  ];
  for (const headers of refused)
    await t.rejects(callTool(request(), { url: peer.url, headers }), { code: 'TOOL_URL_REFUSED' }, JSON.stringify(headers));
  await t.rejects(callTool(request(), { url: peer.url, body: 'x' }), { code: 'TOOL_URL_REFUSED', message: /GET has no body/ });
  t.equal(peer.received.length, 0);
  await callTool(request(), { url: `${peer.url}/a\r\nx-evil: 1` });
  t.match(peer.received[0], { path: '/ax-evil:%201' });
  t.notOk('x-evil' in (peer.received[0]?.headers ?? {}));
});

t.test('a body that is too large is not sent; an answer that is too large is cut, compressed or not (TOOL-17)', async (t) => {
  const big = Buffer.alloc(30_000_000, 'x');
  const bombs: Record<string, Buffer> = {
    gzip: gzipSync(big),
    br: brotliCompressSync(Buffer.alloc(20_000_000, 'x'), { params: { 1: 4 } }),
  };
  const peer = await startWebPeer(t, ({ path }, response) => {
    const bomb = bombs[path.slice(1)];
    response.writeHead(200, { 'content-type': 'text/plain', ...(bomb === undefined ? {} : { 'content-encoding': path.slice(1) }) });
    response.end(bomb ?? big);
  });
  const body = 'x'.repeat(1_048_577);
  await t.rejects(callTool(request(), { url: peer.url, method: 'PUT', body }), {
    code: 'TOOL_URL_REFUSED',
    message: /1048577 bytes; at most 1048576/,
  });
  t.equal(peer.received.length, 0);
  for (const path of ['plain', 'gzip', 'br']) {
    const result = await callTool(request(), { url: `${peer.url}/${path}` });
    t.match(dataOf(result), { bytes: 10_485_760, is_cut: true }, path);
    t.match(result.content.slice(-40), /\[cut after 10485760 bytes\]$/);
  }
  t.match(dataOf(await callTool(request({ max_response_bytes: 5 }), { url: peer.url })), { bytes: 5, is_cut: true });
});

t.test('what is compressed once is read; twice, or in a way that nobody knows, is refused (TOOL-17)', async (t) => {
  const peer = await startWebPeer(t, ({ path }, response) =>
    response.writeHead(200, { 'content-encoding': decodeURIComponent(path.slice(1)) }).end(gzipSync('hello')),
  );
  t.match((await callTool(request(), { url: `${peer.url}/gzip` })).content, /hello$/);
  for (const encoding of ['gzip, gzip', 'zstd'])
    await t.rejects(callTool(request(), { url: `${peer.url}/${encodeURIComponent(encoding)}` }), { code: 'OUTBOUND_ENCODING_UNKNOWN' });
  await t.rejects(callTool(request(), { url: `${peer.url}/br` }), { code: 'TOOL_FAILED' }, 'not what it says it is');
});

t.test('what is no text is described; images and PDFs are files (TOOL-17)', async (t) => {
  const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]);
  const peer = await startWebPeer(t, ({ path }, response) =>
    response.writeHead(200, { 'content-type': decodeURIComponent(path.slice(1)) }).end(bytes),
  );
  const image = await callTool(request(), { url: `${peer.url}/${encodeURIComponent('image/png')}` });
  t.match(image, { content: /\[image\/png, 7 bytes: see the file\]$/, files: [{ mediaType: 'image/png', raw: bytes.toString('base64') }] });
  const binary = await callTool(request(), { url: `${peer.url}/${encodeURIComponent('application/zip')}` });
  t.match(binary.content, /\[application\/zip, 7 bytes: not text\]$/);
  t.equal(binary.files, undefined);
});

t.test('a silent server is given up in time, and an abort closes the connection (TOOL-17, W-37)', async (t) => {
  const silent = await startWebPeer(t, () => undefined);
  await t.rejects(callTool(request({ max_execution_time: 50 }), { url: silent.url }), {
    code: 'OUTBOUND_TIMEOUT',
    message: /within 50 ms$/,
  });
  await t.rejects(callTool(request({ max_execution_time: 50 }), { url: silent.url, method: 'POST' }), {
    message: /may have been carried out/,
  });
  await silent.closed;
  for (const hasBegun of [false, true]) {
    const peer = await startWebPeer(t, (_, response) => hasBegun && response.write('begun'));
    const abort = new AbortController();
    const call = callTool(request(), { url: peer.url }, { signal: abort.signal });
    await peer.until(1);
    abort.abort(new Error('enough'));
    await t.rejects(call, { code: 'STEP_ABORTED' });
    await peer.closed;
  }
  t.pass('every connection was closed');
});
