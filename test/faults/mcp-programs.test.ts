/** Servers that are programs of ours: what they see, and that nothing of them is left (TOOL-40). */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { waitFor } from '../support/coordination-steps.js';
import { getTool, listTools, openToolset, serverProgram, toolContext } from '../support/mcp-servers.js';
import { recordLog } from '../support/record-log.js';
import { temporaryDirectory } from '../support/start-hector.js';

/** An MCP server in some lines: its tool starts a process that ignores every polite request to end, and tells its id. */
const STARTS_CHILD = `
  const { spawn } = require('node:child_process');
  let rest = '';
  const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  process.on('SIGTERM', () => {});
  process.stdin.setEncoding('utf8').on('data', (chunk) => {
    rest += chunk;
    for (let end; (end = rest.indexOf('\\n')) >= 0; rest = rest.slice(end + 1)) {
      const { id, method, params } = JSON.parse(rest.slice(0, end));
      if (method === 'initialize') answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'parent', version: '1' } });
      if (method === 'tools/list') { console.error('listing'); console.log('this is no message'); answer(id, { tools: [{ name: 'start', inputSchema: { type: 'object' } }, { name: 'flood', inputSchema: { type: 'object' } }] }); }
      if (method === 'tools/call' && params.name === 'start') {
        const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')"], { stdio: ['ignore', 'pipe', 'ignore'] });
        child.stdout.once('data', () => answer(id, { content: [{ type: 'text', text: child.pid + ' ' + JSON.stringify(process.env) }] }));
      }
      if (method === 'tools/call' && params.name === 'flood') { const block = 'x'.repeat(1 << 20); const write = () => { while (process.stdout.write(block)); process.stdout.once('drain', write); }; write(); }
    }
  });
`;

t.test(
  'a program sees what it is given and no secret of ours; with its server ends what it has started',
  { timeout: 60_000 },
  async (t) => {
    const { log, lines } = recordLog();
    process.env['SECRET_OF_OURS'] = 'hidden';
    t.teardown(() => delete process.env['SECRET_OF_OURS']);
    const toolset = await openToolset(
      t,
      { command: process.execPath, args: ['-e', STARTS_CHILD], env: { GIVEN: 'yes' } },
      { name: 'parent', log },
    );
    const { content } = await (await getTool(toolset, 'start')).execute({}, toolContext());
    t.match(content, /"GIVEN":"yes"/);
    t.match(content, /"PATH":/);
    t.notMatch(content, /SECRET_OF_OURS/);
    t.match(lines.join(''), /"server":"parent".*listing/, 'standard error is in the log');
    const pid = Number(content.split(' ')[0]);
    t.ok(await isAlive(pid));
    await toolset.close();
    await waitFor(async () => !(await isAlive(pid)));
    t.equal(toolset.health().state, 'closed');
  },
);

t.test('a line without an end is not taken in: the program is ended, the call is unknown', { timeout: 60_000 }, async (t) => {
  const toolset = await openToolset(t, { command: process.execPath, args: ['-e', STARTS_CHILD] }, { name: 'parent' });
  await t.rejects((await getTool(toolset, 'flood')).execute({}, toolContext()), { code: 'TOOL_OUTCOME_UNKNOWN' });
  t.same(
    (await listTools(toolset)).map(({ name }) => name),
    ['start', 'flood'],
    'its tools are those known last',
  );
});

t.test('a program that is not there, or ends at once, is told with what it said', async (t) => {
  const missing = await openToolset(t, { command: 'no-such-program-anywhere' }, { name: 'missing' });
  t.same(await listTools(missing), []);
  t.match(missing.health().failure?.message, /^tools\.missing\.command: there is no program 'no-such-program-anywhere'; install it/);
  const ends = await openToolset(
    t,
    { command: process.execPath, args: ['-e', "console.error('no licence'); process.exit(3)"] },
    { name: 'ends' },
  );
  t.same(await listTools(ends), []);
  t.match(ends.health().failure?.message, /ended with exit code 3; it wrote: no licence/);
});

t.test('a connection that nobody uses is closed, and opened again when it is needed', async (t) => {
  const folder = await temporaryDirectory(t);
  const toolset = await openToolset(t, { command: process.execPath, args: [serverProgram('filesystem'), folder], idle_timeout: '30ms' });
  const roots = await getTool(toolset, 'list_allowed_directories');
  await waitFor(() => toolset.health().state === 'idle');
  t.ok((await listTools(toolset)).length > 0, 'the list needs no connection');
  t.equal(toolset.health().state, 'idle');
  t.match(await roots.execute({}, toolContext()), { content: new RegExp(folder) });
});

/** A zombie waits only for its parent to look. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/\) Z /.test(stat);
}
