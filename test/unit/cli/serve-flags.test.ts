import t from 'tap';
import type { JsonObject } from '../../../src/base/json.js';
import type { CommandInput } from '../../../src/cli/command.js';
import { serveOverrides, withFlagSecrets } from '../../../src/cli/serve-flags.js';

const input = (flags: CommandInput['flags']) => ({ flags }) as CommandInput;
const llmOf = (flags: CommandInput['flags']) =>
  (serveOverrides(input(flags), '/')({}).llms as { default: JsonObject } | undefined)?.default;

t.test('a key given as a flag travels as the variable of its provider (CLI-30, CLI-48)', async (t) => {
  const cases = [
    [{ provider: 'anthropic', 'api-key': 'k' }, 'ANTHROPIC_API_KEY'],
    [{ provider: 'gemini', 'api-key': 'k' }, 'GEMINI_API_KEY'],
    [{ provider: 'openai', 'api-key': 'k' }, 'OPENAI_API_KEY'],
    [{ 'api-key': 'sk-ant-k' }, 'ANTHROPIC_API_KEY'],
    [{ 'api-key': 'k' }, 'OPENAI_API_KEY'],
  ] as const;
  for (const [flags, variable] of cases) {
    t.equal(withFlagSecrets({}, input(flags))[variable], flags['api-key']);
    t.equal(llmOf(flags)?.api_key, `\${${variable}}`);
  }
});

t.test('thinking and its budget (CLI-30)', async (t) => {
  t.same(llmOf({ thinking: true, 'thinking-budget': '2048' })?.thinking, { enabled: true, budget_tokens: '2048' });
  t.same(llmOf({ thinking: false })?.thinking, { enabled: false });
  t.equal(llmOf({ port: '1' }), undefined);
});
