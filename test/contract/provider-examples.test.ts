import { readdirSync } from 'node:fs';
import t from 'tap';
import { systemClock } from '../../src/base/clock.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { silentLogger } from '../../src/observe/log.js';
import type { LanguageModel } from '../../src/providers/llms/contract.js';
import { withFallbacks } from '../../src/providers/llms/fallback.js';
import { createLanguageModel } from '../../src/providers/llms/registry.js';
import { collect, joinText } from './language-model.js';
import { ASK, type ProviderWire, streamed } from './provider-wire.js';
import { anthropicWire } from './wires/anthropic.js';
import { geminiWire } from './wires/gemini.js';
import { ollamaWire } from './wires/ollama.js';
import { chatWire, responsesWire } from './wires/openai.js';

const environment = { ANTHROPIC_API_KEY: 'k-anthropic', OPENAI_API_KEY: 'k-openai', GEMINI_API_KEY: 'k-gemini' };
const WIRES: Readonly<Record<string, ProviderWire>> = {
  'anthropic.yaml': anthropicWire,
  'gemini.yaml': geminiWire,
  'ollama.yaml': ollamaWire,
  'openai.yaml': responsesWire,
  'openai-compatible.yaml': chatWire,
};

t.test('each example of a provider asks its service as it stands in the file', async (t) => {
  const files = readdirSync('config/providers').sort();
  t.same(files, [...Object.keys(WIRES), 'fallback.yaml'].sort());
  for (const [file, wire] of Object.entries(WIRES)) {
    const settings = loadSettings({ file: `config/providers/${file}`, environment });
    const llm = settings.llms.default;
    if (llm === undefined) throw new Error(`${file} has no default model`);
    const peer = await wire.start(t);
    peer.script(streamed(wire.text(['ok'])));
    const api = llm.provider === 'openai' && llm.baseUrl === '' ? 'responses' : llm.api;
    const model = await createLanguageModel({ ...llm, api, baseUrl: peer.url }, { name: 'default', log: silentLogger, clock: systemClock });
    t.equal(joinText(await collect(model, ASK)), 'ok', file);
    t.equal(
      wire.readKey(peer.requests[0] as never),
      environment[`${llm.provider.toUpperCase()}_API_KEY` as keyof typeof environment] === llm.apiKey ? llm.apiKey : undefined,
      file,
    );
  }
});

t.test('the example of a fallback: two services are down, the third answers and is named (W-66)', async (t) => {
  const { llms } = loadSettings({ file: 'config/providers/fallback.yaml', environment });
  const wires: Readonly<Record<string, ProviderWire>> = { default: anthropicWire, second: chatWire, local: ollamaWire };
  const models = new Map<string, LanguageModel>();
  for (const [name, wire] of Object.entries(wires)) {
    const peer = await wire.start(t);
    peer.script(name === 'local' ? streamed(wire.text(['ok'])) : wire.overloaded);
    const settings = llms[name];
    if (settings === undefined) throw new Error(`the example has no ${name}`);
    models.set(
      name,
      await createLanguageModel({ ...settings, maxRetries: 0, baseUrl: peer.url }, { name, log: silentLogger, clock: systemClock }),
    );
  }
  const events = await collect(withFallbacks(llms, models, silentLogger).get('default') as LanguageModel, ASK);
  t.equal(joinText(events), 'ok');
  t.match(events.at(-1), { answeredBy: { llm: 'local', provider: 'ollama', model: 'qwen3' } });
});
