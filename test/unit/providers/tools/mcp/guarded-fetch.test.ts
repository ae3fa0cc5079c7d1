/** Where an MCP server's words may lead (TOOL-44, P10). */
import t from 'tap';
import { createGuardedFetch } from '../../../../../src/providers/tools/adapters/mcp/guarded-fetch.js';
import { startWebPeer } from '../../../../support/web-peer.js';

t.test('a server redirects within itself, and nowhere else', async (t) => {
  const inner = await startWebPeer(t, (_, response) => response.end('secret'), '127.0.0.2');
  const server = await startWebPeer(t, (request, response) => {
    const to = new URL(request.path, 'http://x').searchParams.get('to');
    if (to === null) response.end(`${request.method} ${request.path}`);
    else response.writeHead(307, { location: to }).end();
  });
  const fetch = createGuardedFetch({ name: 'docs', url: new URL(server.url), issuer: '' });
  const at = (to: string) => `${server.url}/?to=${encodeURIComponent(to)}`;
  t.equal(await (await fetch(at('/mcp/'), { method: 'POST', body: '{}' })).text(), 'POST /mcp/');
  for (const to of [
    inner.url,
    `//127.2:${inner.port}/`,
    'http://169.254.169.254/latest',
    `http://[::ffff:127.0.0.2]:${inner.port}/`,
    'file:///etc/passwd',
  ])
    for (const method of ['GET', 'POST'])
      await t.rejects(fetch(at(to), { method }), { message: /it redirects to .*; give tools\.docs\.url/ }, `${method} ${to}`);
  t.equal(inner.received.length, 0);
});

t.test('an authorization server that only this machine can reach is asked only where the configuration names it', async (t) => {
  const inner = await startWebPeer(
    t,
    (_, response) => response.setHeader('content-type', 'application/json').end('{"issuer":"x"}'),
    '127.0.0.2',
  );
  const open = (issuer: string) => createGuardedFetch({ name: 'docs', url: new URL('http://mcp.example.com/mcp'), issuer });
  for (const place of [inner.url, 'http://169.254.169.254/token', 'http://2130706433/', 'http://[::1]:9/', 'http://localhost:9/'])
    await t.rejects(open('')(place), { code: 'ADDRESS_NOT_ALLOWED', message: /tools\.docs\.oauth\.issuer/ }, place);
  t.equal(inner.received.length, 0);
  const answer = await open(inner.url)(`${inner.url}/token`, {
    method: 'POST',
    headers: { 'x-a': '1' },
    body: new URLSearchParams({ a: 'b' }),
  });
  t.same(await answer.json(), { issuer: 'x' });
  t.match(inner.received, [{ method: 'POST', body: 'a=b', headers: { 'x-a': '1' } }]);
});
