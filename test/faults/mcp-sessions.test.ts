/** What becomes of calls when their MCP server dies, forgets or never answers (TOOL-41, W-39, R7). */
import { readdir, readFile } from 'node:fs/promises';
import t from 'tap';
import { describeMissingTools } from '../../src/agents/llm/list-tools.js';
import { type Logger, silentLogger } from '../../src/observe/log.js';
import { waitFor } from '../support/coordination-steps.js';
import { listed, startMcpPeer, textResult } from '../support/mcp-peer.js';
import { getTool, listTools, openToolset, serverProgram, startEverything, toolContext } from '../support/mcp-servers.js';

t.test('a killed HTTP server costs the calls while it is away, and the next one finds it again (TOOL-41)', async (t) => {
  const server = await startEverything(t, 'streamableHttp');
  const toolset = await openToolset(t, { url: server.url, connect_timeout: '5s' });
  const echo = await getTool(toolset, 'echo');
  await echo.execute({ message: 'one' }, toolContext());
  await server.kill();
  await t.rejects(echo.execute({ message: 'two' }, toolContext()), {
    code: 'MCP_UNAVAILABLE',
    message: /tools\.everything: the MCP server/,
  });
  t.match(toolset.health(), { state: 'unreachable', failure: { message: /ECONNREFUSED/ } });
  t.ok(
    (await listTools(toolset)).some(({ name }) => name === 'echo'),
    'its tools are those known last',
  );
  await server.start();
  await waitFor(async () => {
    await echo.execute({ message: 'three' }, toolContext()).catch(() => undefined);
    return toolset.health().state === 'connected';
  });
  t.match(await echo.execute({ message: 'four' }, toolContext()), { content: /four/ });
  t.equal(toolset.health().failure, undefined);
});

t.test('a server that was started again knows no session: the call is made in a new one (TOOL-41)', async (t) => {
  for (const kind of ['streamableHttp', 'sse'] as const) {
    const server = await startEverything(t, kind);
    const toolset = await openToolset(t, { url: server.url });
    const echo = await getTool(toolset, 'echo');
    await echo.execute({ message: 'one' }, toolContext());
    await server.kill();
    await server.start();
    t.match(await echo.execute({ message: 'two' }, toolContext()), { content: /two/ }, kind);
  }
});

t.test('a program that is killed is started again for the next call; what it had begun is unknown (R7)', async (t) => {
  const toolset = await openToolset(t, {
    command: process.execPath,
    args: [serverProgram('everything')],
    overrides: { 'trigger-long-running-operation': { effect: 'once' } },
  });
  const slow = await getTool(toolset, 'trigger-long-running-operation');
  const env = await getTool(toolset, 'get-env');
  const shown: string[] = [];
  const begun = slow.execute({ duration: 30, steps: 300 }, toolContext({ progress: (text) => void shown.push(text) }));
  begun.catch(() => undefined);
  await waitFor(() => shown.length > 0);
  process.kill(await findChild('server-everything'), 'SIGKILL');
  await t.rejects(begun, { code: 'TOOL_OUTCOME_UNKNOWN', message: /ended with SIGKILL/ });
  t.match(await env.execute({}, toolContext()), { content: /PATH/ });
});

t.test('a `once` call whose connection breaks is not sent again; a pure one is (R7, W-39)', async (t) => {
  const peer = await startMcpPeer(t, {
    answers: {
      'tools/list': () => ({
        tools: [
          listed('send'),
          listed('look', { annotations: { readOnlyHint: true } }),
          listed('put', { annotations: { idempotentHint: true } }),
        ],
      }),
      'tools/call': ({ params, reply }) => {
        const tries = (counts.get(params['name'] as string) ?? 0) + 1;
        counts.set(params['name'] as string, tries);
        keys.push((params['_meta'] as Record<string, unknown>)['hector/idempotency-key']);
        if (tries > 1) return textResult('done');
        // The head of an answer, and then nothing more.
        reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        setImmediate(() => reply.destroy());
        return undefined;
      },
    },
  });
  const counts = new Map<string, number>();
  const keys: unknown[] = [];
  const toolset = await openToolset(t, { url: peer.url });
  await t.rejects((await getTool(toolset, 'send')).execute({}, toolContext()), { code: 'TOOL_OUTCOME_UNKNOWN' });
  t.equal(counts.get('send'), 1);
  t.match(await (await getTool(toolset, 'look')).execute({}, toolContext()), { content: 'done' });
  t.match(await (await getTool(toolset, 'put')).execute({}, toolContext()), { content: 'done' });
  t.match([counts.get('look'), counts.get('put')], [2, 2]);
  t.same([...new Set(keys)], ['key-1'], 'the same key with every attempt');
});

t.test('a session that the server has forgotten is begun anew, and nothing was done meanwhile (TOOL-41)', async (t) => {
  let sent = 0;
  const peer = await startMcpPeer(t, {
    answers: {
      'tools/list': () => ({ tools: [listed('send')] }),
      'tools/call': () => {
        sent += 1;
        return textResult('sent');
      },
    },
  });
  const toolset = await openToolset(t, { url: peer.url });
  const send = await getTool(toolset, 'send');
  peer.forget();
  t.match(await send.execute({}, toolContext()), { content: 'sent' });
  t.equal(sent, 1);
  t.equal(peer.count('initialize'), 2);
  t.equal(peer.count('notifications/initialized'), 2);
  await listTools(toolset);
  t.equal(peer.count('tools/list'), 2, 'the new session may offer other tools');
});

t.test(
  'a server that never answers is given up: a pure call fails, a `once` call is unknown, and both are told to the server',
  async (t) => {
    const peer = await startMcpPeer(t, {
      answers: {
        'tools/list': () => ({ tools: [listed('send'), listed('look', { annotations: { readOnlyHint: true } })] }),
        'tools/call': () => undefined,
      },
    });
    const toolset = await openToolset(t, { url: peer.url, timeout: '50ms' });
    await t.rejects((await getTool(toolset, 'look')).execute({}, toolContext()), { code: 'TOOL_FAILED', message: /silent for 50 ms/ });
    await t.rejects((await getTool(toolset, 'send')).execute({}, toolContext()), { code: 'TOOL_OUTCOME_UNKNOWN' });
    await waitFor(() => peer.count('notifications/cancelled') === 2);
  },
);

t.test(
  'a server that takes the connection and says nothing costs the first step its connect_timeout, and no other (TOOL-41)',
  async (t) => {
    const peer = await startMcpPeer(t, { answers: {}, intercept: () => true });
    const toolset = await openToolset(t, { url: peer.url, connect_timeout: '80ms' });
    t.same(await listTools(toolset), []);
    t.match(toolset.health(), { state: 'unreachable', failure: { message: /did not answer within 80 ms/ } });
    const before = performance.now();
    t.same(await listTools(toolset), []);
    t.ok(performance.now() - before < 60, 'the second step does not wait');
  },
);

t.test('a silent server costs one step its list_wait; it is asked on, and its tools are there when it tells them (TOOL-41)', async (t) => {
  let isSilent = true;
  const tools = { tools: [{ name: 'look', inputSchema: { type: 'object' } }] };
  const peer = await startMcpPeer(t, { answers: { 'tools/list': () => (isSilent ? undefined : tools) } });
  const lines: string[] = [];
  const log: Logger = { ...silentLogger, warn: (_: object, text?: string) => void lines.push(text ?? '') } as Logger;
  const toolset = await openToolset(t, { url: peer.url, connect_timeout: '400ms', list_wait: '60ms' }, { log });
  const before = performance.now();
  t.same(await listTools(toolset), []);
  const waited = performance.now() - before;
  t.ok(waited >= 55 && waited < 350, `${waited} ms`);
  t.ok(toolset.isUnknown);
  t.match(describeMissingTools([toolset]), /'everything' cannot be reached/);
  t.match(lines.join(''), /has not told its tools \(tools\.everything\.list_wait\)/);
  const again = performance.now();
  t.same(await listTools(toolset), []);
  t.ok(performance.now() - again < 50, 'the next step does not wait');
  isSilent = false;
  await waitFor(async () => (await listTools(toolset)).length === 1);
  t.notOk(toolset.isUnknown);
  t.equal(describeMissingTools([toolset]), '');
});

async function findChild(word: string): Promise<number> {
  for (const entry of await readdir('/proc')) {
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    if (!stat.includes(` ${process.pid} `) || Number(stat.split(') ')[1]?.split(' ')[1]) !== process.pid) continue;
    if ((await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).includes(word)) return Number(entry);
  }
  throw new Error(`no child runs ${word}`);
}
