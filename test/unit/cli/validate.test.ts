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
