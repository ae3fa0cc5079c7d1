/** Commands and a server whose configuration lies elsewhere (CFG-10): named by flag, variable or file, watched, and changed over HTTP. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checkSafety } from '../../src/cli/doctor/check-safety.js';
import { runCli } from '../../src/cli/run-cli.js';
import { startHector } from '../../src/compose.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { Hector } from '../../src/runtime/hector.js';
import { recordStart, runCommand, stopped } from '../support/cli-rig.js';
import { waitFor } from '../support/coordination-steps.js';
import { startConsulPeer } from '../support/peers/consul-peer.js';
import { recordLog } from '../support/record-log.js';
import { recordedTerminal } from '../support/recorded-terminal.js';
import { temporaryDirectory } from '../support/start-hector.js';

const config = (instruction: string, more = '') => `# Kept: a comment
agents:
  assistant: { instruction: "${instruction}" }
${more}server: { host: 127.0.0.1, port: 0, drain_delay_ms: 0, studio: { enabled: true } }
`;

async function startPeer(t: Test, text = config('First.')) {
  const peer = await startConsulPeer(t, { tokens: { 'token-of-ours': 'write' } });
  peer.put('hector', text);
  return { peer, name: `consul://127.0.0.1:${peer.port}/hector`, environment: { CONSUL_HTTP_TOKEN: 'token-of-ours' } };
}

t.test('every command takes it by flag, by argument, by HECTOR_CONFIG and by a file that names it', async (t) => {
  const { name, environment, peer } = await startPeer(t);
  const block = `config: { provider: consul, address: "127.0.0.1:${peer.port}", key: hector, token: "\${OUR_TOKEN}" }\n`;
  const files = { 'hector.yaml': block, '.env': 'OUR_TOKEN=token-of-ours' };
  for (const [argv, rig] of [
    [['validate', name], { environment }],
    [['validate', '--config', name], { environment }],
    [['validate'], { environment: { ...environment, HECTOR_CONFIG: name } }],
    [['validate', 'hector.yaml'], { files }],
    [['validate', 'hector.yaml'], { files, environment: { HECTOR_CONFIG: '/nowhere.yaml' } }],
  ] as const) {
    const { code, output } = await runCommand(t, argv, rig);
    t.same([code, output], [0, `${name}: valid\n`], argv.join(' '));
  }
  const info = await runCommand(t, ['info'], { environment: { ...environment, HECTOR_CONFIG: name } });
  t.match(info.output, /^assistant /);
  const own = await runCommand(t, ['info', '-c', 'own.yaml'], {
    files: { 'own.yaml': 'agents: {own: {}}' },
    environment: { ...environment, HECTOR_CONFIG: name },
  });
  t.match(own.output, /^own /, 'the flag goes before the variable (CLI-14)');
  const print = await runCommand(t, ['validate', 'hector.yaml', '-p'], { files });
  t.match(print.output, /instruction: First\./);
  t.notMatch(print.output, /token-of-ours/);
});

t.test('problems are told with the line of the text that lies there, and a place that is away with its cure', async (t) => {
  const { name, environment, peer } = await startPeer(t, 'name: x\nagents:\n  a: { llm: nobody }\n');
  const bad = await runCommand(t, ['validate', name, '--format', 'json'], { environment });
  t.match(JSON.parse(bad.output), { valid: false, file: name, errors: [{ path: 'agents.a.llm', line: 3 }] });
  const refused = await runCommand(t, ['validate', name]);
  t.same(refused.code, 1);
  t.match(refused.output, /does not let us read .*CONSUL_HTTP_TOKEN/);
  peer.put('hector', config('Fine.'));
  const doctor = async (rig: Parameters<typeof runCommand>[2], ...flags: string[]) => {
    const { output } = await runCommand(t, ['doctor', '--offline', '--json', ...flags], rig);
    const findings = output.trim().split('\n');
    t.notMatch(output, /token-of-ours|very-secret/);
    return findings.map((line) => JSON.parse(line) as { check: string; status: string }).find(({ check }) => check === 'Configuration');
  };
  t.match(await doctor({ environment }, '-c', name), { status: 'ok', message: `${name} is valid` });
  const files = { '.hector': { 'config.yaml': `config: { provider: consul, address: "127.0.0.1:${peer.port}", key: hector }` } };
  t.match(await doctor({ environment, files }), {
    status: 'ok',
    message: /^consul:.* is valid \(.*config\.yaml says that it lies there\)$/,
  });
  t.match(await doctor({}, '-c', 'etcd://me:very-secret@h/k'), { status: 'fail', message: /holds credentials/ });
  t.match(await doctor({ files: { '.hector': { 'config.yaml': 'config: {}' } } }), {
    status: 'fail',
    cure: /correct \.hector\/config\.yaml/,
  });
  await peer.stop();
  t.match(await doctor({ environment, files }), {
    status: 'fail',
    message: /cannot be reached/,
    cure: /start it and let this machine reach it/,
  });
});

t.test('doctor warns of a configuration that others could change on its way', async (t) => {
  const settings = loadSettings({ document: {}, environment: {}, workingDirectory: t.testdir({}) });
  const check = (place: string) =>
    checkSafety(settings, { place, file: undefined }).find((finding) => finding.check === 'Configuration place');
  t.match(check('consul://kv.example:8500/k'), { status: 'warn', message: /not encrypted/, cure: /consul\+tls:/ });
  t.match(check('etcd+tls://kv.example:2379/k'), { status: 'ok' });
  t.match(check('zookeeper://127.0.0.1:2181/k'), { status: 'ok' });
  t.equal(check('/etc/hector.yaml'), undefined);
});

t.test('serve writes no file beside what lies elsewhere, and follows no SKILL.md into it', async (t) => {
  const { name, environment, peer } = await startPeer(t);
  const block = `config: { provider: consul, address: "127.0.0.1:${peer.port}", key: hector }\n`;
  const skill = '---\nname: diver\ndescription: Dives.\n---\nYou dive.\n';
  const rigs: { environment: Record<string, string>; files: Record<string, string | Record<string, string>> }[] = [
    { environment: { ...environment, HECTOR_CONFIG: name }, files: { 'SKILL.md': skill } },
    { environment, files: { 'SKILL.md': skill, '.hector': { 'config.yaml': block } } },
  ];
  for (const rig of rigs) {
    for (const flags of [[], ['--ephemeral']]) {
      const { seen, start } = recordStart(t);
      const { folder, errors } = await runCommand(t, ['serve', '--model', 'gpt-4o', '--api-key', 'k', ...flags], {
        ...rig,
        start,
        stop: stopped(),
      });
      const isNamed = flags.length === 0 || rig.environment.HECTOR_CONFIG !== undefined;
      const said = Object.values(seen.settings?.agents ?? {}).map(({ instruction }) => instruction);
      // Without a file, what is here is this folder's own.
      t.same(said, [isNamed ? 'First.' : 'You dive.'], errors);
      if (rig.files['.hector'] !== undefined) t.equal(readFileSync(join(folder, '.hector/config.yaml'), 'utf8'), block);
      else t.throws(() => readFileSync(join(folder, '.hector/config.yaml')));
    }
  }
  t.match(peer.get('hector'), /First/);
});

t.test('a server follows it, writes it, and serves on while it is away (CFG-94, API-05)', { timeout: 60_000 }, async (t) => {
  const { peer, environment } = await startPeer(t);
  const folder = await temporaryDirectory(t);
  mkdirSync(join(folder, '.hector'));
  writeFileSync(
    join(folder, '.hector/config.yaml'),
    `config: { provider: consul, address: "127.0.0.1:${peer.port}", key: hector, token: "\${CONSUL_HTTP_TOKEN}" }\n`,
  );
  const { log, lines } = recordLog();
  const stop = new AbortController();
  let onStart: (hector: Hector) => void;
  const started = new Promise<Hector>((resolve) => {
    onStart = resolve;
  });
  const running = runCli(['serve', '--watch'], {
    terminal: recordedTerminal({ isWatched: false }),
    environment: { HOME: folder, ...environment },
    workingDirectory: folder,
    loadStartHector: async () => async (settings, options) => {
      const hector = await startHector(settings, { ...options, log });
      onStart(hector);
      return hector;
    },
    listenForStop: () => ({ signal: stop.signal, dispose: () => undefined }),
  });
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  const { url } = await Promise.race([started, running.then((code) => Promise.reject(new Error(`ended with ${code}`)))]);
  const agents = async () => {
    const answer = (await (await fetch(`${url}/agents`)).json()) as { agents: { name: string }[] };
    return answer.agents.map((agent) => agent.name).sort();
  };
  const told = (pattern: RegExp) => waitFor(() => lines.some((line) => pattern.test(line)));
  const send = (text: string, etag: string) =>
    fetch(`${url}/api/config`, { method: 'PUT', body: text, headers: { 'content-type': 'application/yaml', 'if-match': etag } });
  const read = async () => {
    const response = await fetch(`${url}/api/config`);
    return { text: await response.text(), etag: response.headers.get('etag') ?? '' };
  };

  t.same(await agents(), ['assistant']);
  peer.put('hector', config('Second.', '  second: {}\n'));
  await waitFor(async () => (await agents()).includes('second'));
  const { text, etag } = await read();
  t.match(text, /^# Kept: a comment[\s\S]*Second/);
  t.equal((await send(text.replace('second: {}', 'third: {}'), etag)).status, 200);
  t.same(await agents(), ['assistant', 'third']);
  t.match(peer.get('hector'), /# Kept: a comment[\s\S]*third: \{\}[\s\S]*studio/, 'written with comments and the block server');
  const late = await send(text.replace('second: {}', 'lost: {}'), etag);
  t.same([late.status, ((await late.json()) as { error: { code: string } }).error.code], [412, 'CONFIG_CHANGED']);

  peer.put('hector', 'agents: { broken: { llm: nobody } }');
  await told(/is refused, the running one stays/);
  t.same(await agents(), ['assistant', 'third']);
  await peer.stop();
  await told(/cannot be watched, what was read last stays/);
  const away = await send(text, '*');
  t.equal(away.status, 503);
  t.same(await agents(), ['assistant', 'third']);
  await peer.start();
  peer.put('hector', config('Fourth.', '  fourth: {}\n'));
  await waitFor(async () => (await agents()).includes('fourth'));
  await told(/can be watched again/);
  t.notMatch(lines.join('\n'), /token-of-ours/);
});
