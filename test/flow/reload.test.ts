/** A configuration that changes under a server that runs: by every way in which a file changes, by a signal, and by the management API. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { bundledProgram } from '../support/bundled-program.js';
import { waitFor } from '../support/coordination-steps.js';
import { temporaryDirectory } from '../support/start-hector.js';

const MAIN = bundledProgram();

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
  /** Resolves when the log says so, after what it said at the call before. */
  told(pattern: RegExp): Promise<void>;
}

/** `hector serve` in that folder, ready. */
async function serve(t: Test, folder: string, ...flags: string[]): Promise<Server> {
  const child = spawn(process.execPath, [MAIN, 'serve', ...flags], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, TOKEN_OF_PROCESS: 'from-process' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  let output = '';
  let seen = 0;
  let check = (): void => undefined;
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      check();
    });
  const told = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`ended:\n${output}`)));
      check = () => {
        const match = pattern.exec(output.slice(seen));
        if (match === null) return;
        seen += match.index + match[0].length;
        resolve();
      };
      check();
    });
  await told(/^Roles: .*$/m);
  return { child, url: /Agents: +(http\S+)\/agents/.exec(output)?.[1] ?? '', told };
}

const config = (instruction: string, more = '') => `# Kept: a comment
agents:
  assistant: { instruction: "${instruction}" } # and one behind
${more}server: { host: 127.0.0.1, port: 0, drain_delay_ms: 0, studio: { enabled: true } }
observability: { metrics: { enabled: true } }
`;

async function get(url: string) {
  const response = await fetch(url);
  return { status: response.status, etag: response.headers.get('etag') ?? '', text: await response.text() };
}

async function read(url: string) {
  return JSON.parse((await get(`${url}/api/config?format=json`)).text) as {
    readonly version: string;
    readonly etag: string;
    readonly text: string;
    readonly error: { readonly problems: readonly { readonly field: string }[] } | null;
    readonly restart_needed: readonly string[];
  };
}

async function listAgents(url: string): Promise<string[]> {
  const { agents } = JSON.parse((await get(`${url}/agents`)).text) as { agents: { name: string }[] };
  return agents.map(({ name }) => name).sort();
}

const send = (url: string, method: string, body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method, body, headers: { 'content-type': 'application/yaml', ...headers } });

const APPLIED = /the configuration [0-9a-f]{16} is the current one/;

t.test('a file that is watched is followed, however it is changed; a bad one changes nothing', { timeout: 120_000 }, async (t) => {
  const folder = await temporaryDirectory(t);
  // As Kubernetes mounts a ConfigMap.
  const mounted = join(folder, 'etc');
  mkdirSync(join(mounted, '..v1'), { recursive: true });
  writeFileSync(join(mounted, '..v1/hector.yaml'), config('First.'));
  symlinkSync('..v1', join(mounted, '..data'));
  symlinkSync('..data/hector.yaml', join(mounted, 'hector.yaml'));
  const file = join(mounted, 'hector.yaml');
  const server = await serve(t, folder, '-c', 'etc/hector.yaml', '--watch');
  const { url } = server;
  const first = await read(url);
  t.same(await listAgents(url), ['assistant']);

  await t.test('the swap of a link before it, as a ConfigMap does it', async (t) => {
    mkdirSync(join(mounted, '..v2'));
    writeFileSync(join(mounted, '..v2/hector.yaml'), config('Second.', '  helper: { allowed_roles: [x] }\n  second: {}\n'));
    symlinkSync('..v2', join(mounted, '..data_tmp'));
    renameSync(join(mounted, '..data_tmp'), join(mounted, '..data'));
    await server.told(APPLIED);
    t.ok((await listAgents(url)).includes('second'));
    t.not((await read(url)).version, first.version);
  });

  await t.test('a rename over it, as editors do it; agents that are gone are gone (CFG-93, W-56)', async (t) => {
    writeFileSync(join(mounted, 'new'), config('Third.'));
    renameSync(join(mounted, 'new'), file);
    await server.told(APPLIED);
    t.same(await listAgents(url), ['assistant']);
    t.equal((await get(`${url}/agents/second`)).status, 404);
  });

  await t.test('a bad one is told, and the one before it stays (CFG-94)', async (t) => {
    const before = await read(url);
    writeFileSync(file, config('Fourth.', '  assistant2: { llm: nobody, temperatur: 3 }\n'));
    await server.told(/is refused, the running one stays/);
    const after = await read(url);
    t.equal(after.version, before.version);
    t.ok(after.error?.problems.some(({ field }) => field.startsWith('agents.assistant2')));
    t.match((await get(`${url}/metrics`)).text, /hector_config_refused 1\n/);
    t.equal((await get(`${url}/health/ready`)).status, 200);
    writeFileSync(file, '');
    await server.told(/is empty/);
    t.same(await listAgents(url), ['assistant']);
    writeFileSync(file, config('Fifth.'));
    await server.told(APPLIED);
    t.equal((await read(url)).error, null);
    t.match((await get(`${url}/metrics`)).text, /hector_config_refused 0\n/);
  });

  await t.test('a folder that is made anew is watched again', async (t) => {
    renameSync(mounted, join(folder, 'old'));
    mkdirSync(mounted);
    writeFileSync(file, config('Sixth.'));
    await server.told(APPLIED);
    t.match((await read(url)).text, /Sixth\./);
  });

  await t.test('variables of a .env beside it go before those of the process once they change (CFG-07)', async (t) => {
    writeFileSync(file, config('Seventh.', '  named: { name: "${TOKEN_OF_PROCESS}" }\n'));
    await server.told(APPLIED);
    t.ok((await listAgents(url)).includes('from-process'));
    const { version } = await read(url);
    writeFileSync(join(mounted, '.env'), 'TOKEN_OF_PROCESS=from-file\n');
    await server.told(/is the current one \(changed: TOKEN_OF_PROCESS\)/);
    t.ok((await listAgents(url)).includes('from-file'));
    t.equal((await read(url)).version, version, 'the text is the same');
  });

  await t.test('what only a restart changes is named (CFG-96)', async (t) => {
    writeFileSync(
      file,
      config('Eighth.').replace('port: 0', 'port: 1').replace('observability', 'queue: { lease_ms: 5000 }\nobservability'),
    );
    await server.told(/wait for a restart/);
    t.same([...(await read(url)).restart_needed].sort(), ['queue.lease_ms', 'server.port']);
  });
});

t.test(
  'the management API replaces the file, and every process that watches it follows (API-04, API-05, API-06, API-07, API-08, W-55)',
  { timeout: 120_000 },
  async (t) => {
    const folder = await temporaryDirectory(t);
    const file = join(folder, 'hector.yaml');
    writeFileSync(file, config('First.', 'databases: { main: { driver: sqlite, password: plain-secret } }\n'));
    chmodSync(file, 0o640);
    const server = await serve(t, folder, '-c', 'hector.yaml', '--studio');
    const other = await serve(t, folder, '-c', 'hector.yaml', '--roles', 'front');
    const { url } = server;
    const api = `${url}/api/config`;

    const { text, etag, status } = await get(api);
    t.equal(status, 200);
    t.match(text, /^# Kept: a comment\n/);
    t.notMatch(text, /plain-secret|^server:/m);
    const changed = text.replace('First.', 'Second.').replace('agents:', 'agents:\n  added: {}');

    await t.test('what is wrong is answered by field, and nothing is written', async (t) => {
      const before = readFileSync(file, 'utf8');
      const bad = await send(api, 'PUT', 'agents: { a: { llm: nobody, temperatur: 1 } }');
      t.equal(bad.status, 400);
      t.match(await bad.json(), { error: { code: 'CONFIG_INVALID', problems: [{ field: 'agents.a.temperatur' }] } });
      t.equal((await send(api, 'PUT', 'agents: [')).status, 400);
      t.equal((await send(api, 'PUT', '')).status, 400);
      t.equal((await send(api, 'PUT', changed, { 'content-type': 'text/plain' })).status, 415);
      t.equal((await send(api, 'PUT', changed, { origin: 'https://evil.example' })).status, 403);
      t.equal((await send(api, 'PUT', changed, { 'x-forwarded-for': '10.0.0.1' })).status, 403, 'somebody behind a proxy');
      const locked = await send(api, 'PUT', `${changed}\nserver: { port: 9 }\n`);
      t.equal(locked.status, 403);
      t.match(await locked.json(), { error: { message: /server configuration is immutable/ }, details: String });
      const masked = await send(api, 'PUT', 'llms: { a: { provider: openai, api_key: "********" } }');
      t.match(await masked.json(), { error: { problems: [{ field: 'llms.a.api_key' }] } });
      t.match(await (await send(`${api}/validate`, 'POST', changed)).json(), { valid: true, errors: [] });
      t.match(await (await send(`${api}/validate`, 'POST', 'agents: 3')).json(), { valid: false, errors: [{ field: 'agents' }] });
      t.equal(readFileSync(file, 'utf8'), before);
      t.same(await listAgents(url), ['assistant']);
    });

    await t.test('a good one is written whole, with comments, secrets and the block server, and is current at once', async (t) => {
      const saved = await send(api, 'PUT', changed, { 'if-match': etag });
      t.equal(saved.status, 200);
      t.match(await saved.json(), { status: 'saved', message: 'Configuration saved. Reloading...' });
      t.same(await listAgents(url), ['added', 'assistant']);
      const written = readFileSync(file, 'utf8');
      t.match(written, /# Kept: a comment[\s\S]*# and one behind/);
      t.match(written, /plain-secret/);
      t.match(written, /server: \{ host: 127\.0\.0\.1/);
      t.equal(statSync(file).mode & 0o777, 0o640);
      const late = await send(api, 'PUT', changed.replace('Second.', 'Lost.'), { 'if-match': etag });
      t.equal(late.status, 412);
      t.match(await late.json(), { error: { code: 'CONFIG_CHANGED' } });
      t.notMatch(readFileSync(file, 'utf8'), /Lost/);
      const post = await send(api, 'POST', changed.replace('added', 'posted'));
      t.equal(post.status, 200);
      t.same(await listAgents(url), ['assistant', 'posted']);
    });

    await t.test('a process without --watch follows when it is told to by SIGHUP', async (t) => {
      t.same(await listAgents(other.url), ['assistant']);
      other.child.kill('SIGHUP');
      await other.told(APPLIED);
      t.same(await listAgents(other.url), ['assistant', 'posted']);
      t.equal((await read(other.url)).version, (await read(url)).version);
    });

    await t.test('document stores that are new are ingested and can be searched (CFG-95, W-103)', async (t) => {
      mkdirSync(join(folder, 'docs'));
      writeFileSync(join(folder, 'docs/bell.md'), '# Bell\n\nThe bell of the lighthouse weighs three hundred kilograms.\n');
      const { text: now } = await get(api);
      const put = await send(api, 'PUT', `${now}document_stores: { docs: { source: { type: directory, path: docs } } }\n`);
      t.equal(put.status, 200, await put.text());
      await waitFor(async () => {
        const found = await fetch(`${url}/api/document_stores/docs/search`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: 'How much does the bell of the lighthouse weigh?', limit: 1 }),
        });
        return /three hundred/.test(await found.text());
      }, 30_000);
    });

    await t.test('the schema is served as the command line prints it (CFG-98)', async (t) => {
      const response = await fetch(`${url}/api/schema`);
      t.match(response.headers.get('cache-control'), /no-cache/);
      t.match(await response.json(), { $id: 'https://hector.dev/schemas/config.json' });
    });
  },
);

t.test(
  'SKILL.md is the default agent: its name on the card, its text the instruction; a change is followed (CFG-102, CLI-23)',
  { timeout: 60_000 },
  async (t) => {
    const folder = await temporaryDirectory(t);
    const skill = (name: string, text: string) =>
      writeFileSync(join(folder, 'SKILL.md'), `---\nname: ${name}\ndescription: Knows the ${name}\nallowed-tools: Grep\n---\n${text}\n`);
    skill('ferries', 'Answer about ferries.');
    const { url, told } = await serve(t, folder, '--studio', '--host', '127.0.0.1', '--port', '0');
    const card = async () => JSON.parse((await get(`${url}/.well-known/agent-card.json`)).text) as { name: string; description: string };
    const agent = async () => (parse((await read(url)).text) as { agents: Record<string, unknown> }).agents['assistant'];
    t.match(await card(), { name: 'ferries', description: 'Knows the ferries' });
    t.match(await agent(), { instruction: 'Answer about ferries.', tools: ['grep_search'] });
    skill('trains', 'Answer about trains.');
    await told(APPLIED);
    t.match(await card(), { name: 'trains' });
    t.match(await agent(), { instruction: 'Answer about trains.' });
    skill('Not A Name', 'x');
    await told(/warning: the agent stays as it is/);
    t.match(await card(), { name: 'trains' });
  },
);
