/** Credentials for MCP servers: headers, and OAuth without a browser (TOOL-44). */
import { readdir, readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../../../../src/base/clock.js';
import type { JsonObject } from '../../../../../src/base/json.js';
import { loadSettings } from '../../../../../src/config/load-settings.js';
import type { McpToolSettings } from '../../../../../src/config/settings.js';
import { silentLogger } from '../../../../../src/observe/log.js';
import { McpToolset } from '../../../../../src/providers/tools/adapters/mcp/mcp-toolset.js';
import { listed, type McpPeer, startMcpPeer, textResult } from '../../../../support/mcp-peer.js';
import { getTool, listTools, openToolset, toolContext } from '../../../../support/mcp-servers.js';
import { temporaryDirectory } from '../../../../support/start-hector.js';

interface Guarded {
  readonly peer: McpPeer;
  /** What the token endpoint was asked, with the client's credentials. */
  readonly asked: readonly Record<string, string>[];
  /** The tokens so far are no longer good. */
  expire(): void;
}

/** An MCP server behind an authorization server, both on one port. */
async function startGuarded(t: Test): Promise<Guarded> {
  const asked: Record<string, string>[] = [];
  const refreshTokens = new Set(['first']);
  let good = 0;
  const send = (reply: ServerResponse, status: number, body: JsonObject, headers: Record<string, string> = {}) =>
    void reply.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const answerToken = async (incoming: IncomingMessage, reply: ServerResponse) => {
    let body = '';
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
    const form = Object.fromEntries(new URLSearchParams(body));
    const basic = Buffer.from(String(incoming.headers.authorization).replace('Basic ', ''), 'base64').toString();
    asked.push({ ...form, basic, extra: String(incoming.headers['x-extra']) });
    if (form['grant_type'] === 'refresh_token' && !refreshTokens.delete(String(form['refresh_token'])))
      return send(reply, 400, { error: 'invalid_grant' });
    good += 1;
    const next = `refresh-${good}`;
    refreshTokens.add(next);
    send(reply, 200, {
      access_token: `token-${good}`,
      token_type: 'Bearer',
      ...(form['grant_type'] === 'refresh_token' ? { refresh_token: next } : {}),
    });
  };
  const peer = await startMcpPeer(t, {
    answers: {
      'tools/list': () => ({ tools: [listed('look', { annotations: { readOnlyHint: true } })] }),
      'tools/call': ({ headers }) => textResult(String(headers.authorization)),
    },
    intercept(incoming, reply) {
      const origin = `http://${incoming.headers.host}`;
      const where = incoming.url ?? '';
      if (where.startsWith('/.well-known/oauth-protected-resource'))
        send(reply, 200, { resource: `${origin}/mcp`, authorization_servers: [origin] });
      else if (where.startsWith('/.well-known/oauth-authorization-server'))
        send(reply, 200, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          response_types_supported: ['code'],
        });
      else if (where === '/token') void answerToken(incoming, reply);
      else if (incoming.headers.authorization !== `Bearer token-${good}`)
        send(reply, 401, {}, { 'www-authenticate': `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"` });
      else return false;
      return true;
    },
  });
  return {
    peer,
    asked,
    expire: () => {
      good += 100;
    },
  };
}

t.test('client credentials: a token is fetched when the server wants one, and again when it has expired', async (t) => {
  const { peer, asked, expire } = await startGuarded(t);
  const toolset = await openToolset(t, { url: peer.url, oauth: { client_id: 'me', client_secret: 'mine', scope: 'read' } });
  const look = await getTool(toolset, 'look');
  t.match(await look.execute({}, toolContext()), { content: 'Bearer token-1' });
  expire();
  t.match(await look.execute({}, toolContext()), { content: 'Bearer token-102' });
  t.match(asked, [{ grant_type: 'client_credentials', scope: 'read', basic: 'me:mine' }, { grant_type: 'client_credentials' }]);
  t.equal(asked.length, 2);
});

t.test('a refresh token is used, and the one that replaces it is kept for the next start, for nobody else to read', async (t) => {
  const { peer, asked } = await startGuarded(t);
  const folder = await temporaryDirectory(t);
  const tool = { url: peer.url, oauth: { client_id: 'me', refresh_token: 'first' } };
  const settings = loadSettings({ overrides: { tools: { guarded: tool } }, workingDirectory: folder, environment: {} }).tools[
    'guarded'
  ] as McpToolSettings;
  const open = () =>
    new McpToolset({ name: 'guarded', settings, tokenDirectory: path.join(folder, 'tokens'), clock: systemClock, log: silentLogger });
  for (const expected of ['Bearer token-1', 'Bearer token-2']) {
    const toolset = open();
    t.match(await (await getTool(toolset, 'look')).execute({}, toolContext()), { content: expected });
    await toolset.close();
  }
  t.match(asked, [{ grant_type: 'refresh_token', refresh_token: 'first' }, { refresh_token: 'refresh-1' }]);
  const [file = ''] = await readdir(path.join(folder, 'tokens'));
  t.equal((await stat(path.join(folder, 'tokens', file))).mode & 0o777, 0o600);
  t.match(await readFile(path.join(folder, 'tokens', file), 'utf8'), /refresh-2/);
});

t.test('a server that wants a login says what to configure; wrong credentials are not tried for ever (TOOL-44)', async (t) => {
  const { peer, asked } = await startGuarded(t);
  const bare = await openToolset(t, { url: peer.url }, { name: 'bare' });
  t.same(await listTools(bare), []);
  t.match(bare.health(), {
    state: 'unreachable',
    failure: {
      message:
        /tools\.bare: the server wants a login, and nobody sits at a browser here: set tools\.bare\.headers\.Authorization, or tools\.bare\.oauth with client_id/,
    },
  });
  const wrong = await openToolset(t, { url: peer.url, oauth: { client_id: 'me', refresh_token: 'stolen' } }, { name: 'wrong' });
  t.same(await listTools(wrong), []);
  t.match(wrong.health().failure?.message, /invalid_grant/);
  t.ok(asked.length <= 2);
});

t.test('credentials bound to an issuer go to no other authorization server', async (t) => {
  const { peer, asked } = await startGuarded(t);
  const toolset = await openToolset(t, {
    url: peer.url,
    oauth: { client_id: 'me', client_secret: 'mine', issuer: 'https://login.example.com' },
  });
  t.same(await listTools(toolset), []);
  t.equal(asked.length, 0);
  t.match(toolset.health().failure?.message, /login\.example\.com/);
});

t.test('headers go with every request to the server, and to nobody else', async (t) => {
  const seen: (string | undefined)[] = [];
  const peer = await startMcpPeer(t, {
    answers: { 'tools/list': () => ({ tools: [] }) },
    intercept(incoming) {
      seen.push(incoming.headers['x-key'] as string | undefined);
      return false;
    },
  });
  const toolset = await openToolset(t, { url: peer.url, headers: { 'X-Key': 'k1' } });
  await listTools(toolset);
  t.ok(seen.length >= 3);
  t.same([...new Set(seen)], ['k1']);
});
