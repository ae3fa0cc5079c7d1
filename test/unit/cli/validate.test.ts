import t from 'tap';
import { runCommand } from '../../support/cli-rig.js';

const files = {
  'h.yaml': 'llms: {main: {provider: openai, api_key: sk-literal}}\nredis: {url: "redis://:pw-literal@r:1"}',
  'clean.yaml': 'llms: {main: {provider: openai, api_key: "${KEY}"}}',
};

t.test('secrets written into the file are warnings, and the file is valid (CLI-48, SEC-17)', async (t) => {
  const { code, output, errors } = await runCommand(t, ['validate', 'h.yaml'], { files });
  t.match({ code, output }, { code: 0, output: /h\.yaml: valid\n$/ });
  t.match(errors, /warning: llms\.main\.api_key: .*\$\{LLMS_MAIN_API_KEY\}/);
  t.match(errors, /warning: redis\.url: .*\$\{REDIS_URL\}/);
  t.notMatch(output + errors, /literal/);
  const clean = await runCommand(t, ['validate', 'clean.yaml'], { files, environment: { KEY: 'sk-x' } });
  t.match(clean, { code: 0, errors: '' });
});

t.test('as JSON, warnings stand beside the errors', async (t) => {
  const { code, output, errors } = await runCommand(t, ['validate', 'h.yaml', '-f', 'json'], { files });
  t.match({ code, errors }, { code: 0, errors: '' });
  t.match(JSON.parse(output), { valid: true, errors: [], warnings: [{ path: 'llms.main.api_key' }, { path: 'redis.url' }] });
});

t.test('what serve refuses is invalid: unknown tools, unknown handlers, tools that an agent cannot have (CLI-04, CFG-31)', async (t) => {
  const llms = 'llms: {main: {provider: offline}}';
  const refused: Readonly<Record<string, readonly [text: string, path: string]>> = {
    'tool.yaml': [`${llms}\nagents: {a: {llm: main, tools: [nothing]}}`, 'agents.a.tools[0]'],
    'handler.yaml': [`${llms}\ntools: {x: {type: function, handler: nothing}}\nagents: {a: {llm: main}}`, 'tools.x.handler'],
    'disabled.yaml': [`${llms}\ntools: {x: {type: command, enabled: false}}\nagents: {a: {llm: main, tools: [x]}}`, 'agents.a.tools[0]'],
  };
  for (const [file, [text, path]] of Object.entries(refused)) {
    const { code, output } = await runCommand(t, ['validate', file, '-f', 'json'], { files: { [file]: text } });
    t.match({ code, ...JSON.parse(output) }, { code: 1, valid: false, errors: [{ type: 'CONFIG_INVALID', path }] }, file);
  }
  const mcp = `${llms}\ntools: {far: {type: mcp, url: "http://127.0.0.1:1/mcp"}}\nagents: {a: {llm: main, tools: [far_one]}}`;
  const { code, output } = await runCommand(t, ['validate', 'mcp.yaml'], { files: { 'mcp.yaml': mcp } });
  t.match({ code, output }, { code: 0, output: /valid/ }, 'servers are not asked');
});

t.test('neither validate nor info shows a secret, wherever somebody has put it, also in an error (SEC-17)', async (t) => {
  const secrets = {
    OPENAI_API_KEY: 'sk-from-a-variable-1',
    TEAM_PASSWORD: 'correct-horse-1',
    WORD: `ghp_${'a1'.repeat(18)}`,
  };
  const text = `
llms: {main: {provider: openai, model: "gpt of \${OPENAI_API_KEY}", api_key: written-literal-1}}
agents:
  clerk: {llm: main, description: "Pays with \${OPENAI_API_KEY}, written-literal-1, \${TEAM_PASSWORD} and \${WORD}", tools: []}
`;
  const wrong = 'server: {port: "${OPENAI_API_KEY}"}\nlogger: {level: "${WORD}"}\nagents: {clerk: {llm: "${TEAM_PASSWORD}"}}';
  const own = { 'h.yaml': text, 'wrong.yaml': wrong };
  for (const argv of [
    ['info', '--config', 'h.yaml'],
    ['info', 'clerk', '--config', 'h.yaml'],
    ['info', 'correct-horse-1', '--config', 'h.yaml'],
    ['info', '--config', 'wrong.yaml'],
    ...['compact', 'verbose', 'json'].flatMap((format) => [
      ['validate', 'h.yaml', '-f', format, '-p'],
      ['validate', 'h.yaml', '-f', format],
      ['validate', 'wrong.yaml', '-f', format],
    ]),
  ]) {
    const { code, output, errors } = await runCommand(t, argv, { files: own, environment: secrets });
    t.equal(code, argv.includes('wrong.yaml') || argv.includes('correct-horse-1') ? 1 : 0, argv.join(' '));
    t.ok((output + errors).length > 10);
    t.notMatch(output + errors, /from-a-variable|correct-horse|written-literal|ghp_/, argv.join(' '));
    if (argv.includes('json')) t.doesNotThrow(() => JSON.parse(output));
  }
});
