import t, { type Test } from 'tap';
import { AppError } from '../../../src/base/errors.js';
import { loadSettings } from '../../../src/config/load-settings.js';

function load(t: Test, llms: string, environment: Record<string, string> = {}) {
  const folder = t.testdir({ 'h.yaml': `llms: ${llms}\nagents: {a: {llm: one}}\n` });
  return loadSettings({ file: 'h.yaml', workingDirectory: folder, environment: { HOME: folder, ...environment } });
}

function problems(t: Test, llms: string, environment: Record<string, string> = {}) {
  try {
    load(t, llms, environment);
  } catch (error) {
    if (error instanceof AppError) return error.problems.map(({ field, description }) => `${field}: ${description}`);
    throw error;
  }
  return [];
}

t.test('each provider wants its own key, from the file or from its variable (CLI-47, CFG-20)', async (t) => {
  const cases = [
    ['anthropic', 'ANTHROPIC_API_KEY'],
    ['gemini', 'GEMINI_API_KEY'],
    ['gemini', 'GOOGLE_API_KEY'],
    ['openai', 'OPENAI_API_KEY'],
  ] as const;
  for (const [provider, variable] of cases) {
    const llms = `{one: {provider: ${provider}}}`;
    t.match(problems(t, llms)[0], /^llms\.one\.api_key: missing; write api_key: \$\{(ANTHROPIC|GEMINI|OPENAI)_API_KEY\}/);
    t.equal(load(t, llms, { [variable]: 'k' }).llms.one?.apiKey, 'k');
    t.equal(
      load(t, `{one: {provider: ${provider}, base_url: "http://proxy/v1"}}`, { [variable]: 'k' }).llms.one?.apiKey,
      '',
      'not for others',
    );
  }
  t.equal(load(t, '{one: {provider: gemini}}', { GEMINI_API_KEY: 'a', GOOGLE_API_KEY: 'b' }).llms.one?.apiKey, 'a');
  t.equal(load(t, '{one: {provider: ollama}}').llms.one?.apiKey, '', 'ollama needs none');
});

t.test('defaults of each provider (CFG-20, LLM-01, LLM-02)', async (t) => {
  const key = 'api_key: k';
  const settings = load(
    t,
    `{one: {provider: anthropic, ${key}}, two: {provider: gemini, ${key}}, three: {provider: ollama, thinking: {}}, four: {provider: openai, ${key}, price: {input: 2, output: 8}}}`,
  );
  t.match(settings.llms, {
    one: { model: 'claude-haiku-4-5', idleTimeoutMs: 120_000, thinking: undefined, fallback: [] },
    two: { model: 'gemini-2.5-pro' },
    three: { model: 'qwen3', idleTimeoutMs: 300_000, thinking: { enabled: true, budgetTokens: 1024 }, ollama: { keepAlive: '5m' } },
    four: { model: 'gpt-4o', price: { input: 2, output: 8, cached: 2, cacheWrite: 2 } },
  });
});

t.test('anthropic thinks with at least 1,024 tokens and within max_tokens (LLM-21)', async (t) => {
  const check = (text: string) => problems(t, `{one: {provider: anthropic, api_key: k, ${text}}}`);
  t.same(check('thinking: {budget_tokens: 4095}'), []);
  t.match(check('thinking: {budget_tokens: 4096}'), [
    /llms\.one\.thinking\.budget_tokens: the value is 4096; wanted less than max_tokens, which is 4096/,
  ]);
  t.match(check('thinking: {budget_tokens: 2000}, max_tokens: 2000'), [/less than max_tokens, which is 2000/]);
  t.match(check('thinking: {budget_tokens: 100}'), [/at least 1024/]);
  t.same(check('thinking: {enabled: false, budget_tokens: 9000}'), []);
  t.same(problems(t, '{one: {provider: gemini, api_key: k, thinking: {budget_tokens: 9000}}}'), []);
});

t.test('a fallback that is not there, and ones that lead in a circle, are problems of the file (W-66)', async (t) => {
  const offline = (name: string, fallback: string) => `${name}: {provider: offline, fallback: [${fallback}]}`;
  t.same(load(t, `{${offline('one', 'two, three')}, ${offline('two', 'three')}, ${offline('three', '')}}`).llms.one?.fallback, [
    'two',
    'three',
  ]);
  t.match(problems(t, `{${offline('one', 'tow')}, ${offline('two', '')}}`), [
    /llms\.one\.fallback\[0\]: there is no 'tow' in 'llms'; did you mean 'two'\?/,
  ]);
  t.match(problems(t, `{${offline('one', 'one')}}`), [/one → one/]);
  const circle = problems(t, `{${offline('one', 'two')}, ${offline('two', 'three')}, ${offline('three', 'two')}}`);
  t.match(circle, [/llms\.three\.fallback: it leads back to itself: three → two → three/, /two → three → two/]);
  t.equal(circle.length, 2, 'who only leads to the circle is not part of it');
});
