import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';

const SDKS = /node_modules\/(openai|@anthropic-ai\/sdk|@google\/genai|ollama|undici)\//;

/** Files that a process loads which knows all of Hector and builds one model. */
function loadedFor(t: Test, provider: string): ReadonlySet<string> {
  const folder = t.testdir({
    'hooks.mjs': `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) { appendFileSync(${JSON.stringify(join(t.testdirName, 'loaded'))}, url + '\\n'); return next(url, context); }`,
    'start.mjs': `import { register } from 'node:module';
register('./hooks.mjs', import.meta.url);
const root = ${JSON.stringify(resolve('dist'))};
await import(root + '/src/compose.js');
const { createLanguageModel } = await import(root + '/src/providers/llms/registry.js');
const { llmSettings } = await import(root + '/test/support/llm-settings.js');
await createLanguageModel(llmSettings({ provider: ${JSON.stringify(provider)}, baseUrl: 'http://127.0.0.1:9' }), { name: 'main' });`,
  });
  execFileSync(process.execPath, [join(folder, 'start.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const loaded = readFileSync(join(folder, 'loaded'), 'utf8');
  t.match(loaded, 'compose.js');
  return new Set(loaded.split('\n').flatMap((url) => SDKS.exec(url)?.[1] ?? []));
}

t.test('an unused provider costs nothing at start: its SDK is not loaded', async (t) => {
  t.same([...loadedFor(t, 'offline')], []);
  t.same([...loadedFor(t, 'anthropic')].sort(), ['@anthropic-ai/sdk']);
});
