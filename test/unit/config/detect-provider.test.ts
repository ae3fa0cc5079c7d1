import t from 'tap';
import { detectProvider } from '../../../src/config/detect-provider.js';

t.test('the first variable in the order of the specification decides, else the offline model (CLI-40)', async (t) => {
  const all = { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'b', GEMINI_API_KEY: 'c' };
  t.equal(detectProvider({}, all), 'anthropic');
  t.equal(detectProvider({}, { ...all, ANTHROPIC_API_KEY: '' }), 'openai');
  t.equal(detectProvider({}, { GEMINI_API_KEY: 'c' }), 'gemini');
  t.equal(detectProvider({}, { GOOGLE_API_KEY: 'c' }), 'gemini');
  t.equal(detectProvider({}, {}), 'offline');
});

t.test('what is written counts before what the environment holds', async (t) => {
  const environment = { ANTHROPIC_API_KEY: 'a' };
  const cases: [object, string][] = [
    [{ api_key: '${GEMINI_API_KEY}' }, 'gemini'],
    [{ api_key: '${OPENAI_API_KEY}' }, 'openai'],
    [{ api_key: 'sk-ant-x' }, 'anthropic'],
    [{ api_key: 'AIzaX' }, 'gemini'],
    [{ api_key: '${MY_KEY}', model: 'm' }, 'openai'],
    [{ base_url: 'http://localhost:1234/v1', model: 'claude-like' }, 'openai'],
    [{ model: 'gpt-4o' }, 'openai'],
    [{ model: 'o4-mini' }, 'openai'],
    [{ model: 'gemini-2.5-flash' }, 'gemini'],
    [{ model: 'my-model' }, 'anthropic'],
  ];
  for (const [llm, provider] of cases) t.equal(detectProvider(llm, environment), provider, JSON.stringify(llm));
  t.equal(detectProvider({ model: 'my-model' }, {}), undefined, 'a model of nobody is not offline');
});
