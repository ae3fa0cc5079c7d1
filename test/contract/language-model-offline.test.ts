import { systemClock } from '../../src/base/clock.js';
import type { LlmSettings } from '../../src/config/settings.js';
import { silentLogger } from '../../src/observe/log.js';
import { formatContextBlock, type Passage } from '../../src/providers/llms/context-block.js';
import { createLanguageModel } from '../../src/providers/llms/registry.js';
import { llmSettings } from '../support/llm-settings.js';
import { testLanguageModel, userMessage } from './language-model.js';

const PASSAGE: Passage = {
  store: 'docs',
  sourcePath: 'refunds.md',
  title: 'Refunds',
  startLine: 1,
  endLine: 3,
  content: 'A refund takes five days. Shipping is free.',
};
const SEARCH = { name: 'search', description: 'Searches', parameters: { type: 'object' } };

const create = (changes: Partial<LlmSettings> = {}) =>
  createLanguageModel(llmSettings(changes), { name: 'main', log: silentLogger, clock: systemClock });

testLanguageModel('offline', {
  async text() {
    const request = { system: formatContextBlock([PASSAGE]), messages: [userMessage('How many days does a refund take?')], tools: [] };
    return { model: await create(), request, expected: 'According to refunds.md: "A refund takes five days."\n\nSources: refunds.md' };
  },
  async toolRoundTrip() {
    const question = 'How many days does a refund take?';
    const { store, sourcePath, ...rest } = PASSAGE;
    return {
      model: await create(),
      request: { system: '', messages: [userMessage(question)], tools: [SEARCH] },
      call: { name: 'search', arguments: { query: question } },
      result: JSON.stringify({ results: [{ store_name: store, source_path: sourcePath, ...rest }] }),
      expected: '"A refund takes five days."',
    };
  },
  async slow() {
    const request = { system: formatContextBlock([PASSAGE]), messages: [userMessage('How many days does a refund take?')], tools: [] };
    return { model: await create({ tokenMs: 60_000 }), request };
  },
  failures: { skip: 'the offline model asks nobody who could fail' },
});
