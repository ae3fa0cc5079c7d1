import t from 'tap';
import { type Clock, systemClock } from '../../../../src/base/clock.js';
import { AppError } from '../../../../src/base/errors.js';
import type { LlmSettings } from '../../../../src/config/settings.js';
import { createOfflineModel } from '../../../../src/providers/llms/adapters/offline/model.js';
import { formatContextBlock, type Passage } from '../../../../src/providers/llms/context-block.js';
import type { ModelRequest } from '../../../../src/providers/llms/contract.js';
import type { SessionMessage } from '../../../../src/tasks/session-message.js';
import { collect, joinText, userMessage } from '../../../contract/language-model.js';
import { llmSettings } from '../../../support/llm-settings.js';
import { createSteeredClock } from '../../../support/steered-clock.js';

const create = (changes: Partial<LlmSettings> = {}, clock: Clock = systemClock) => createOfflineModel(llmSettings(changes), { clock });
const passage = (sourcePath: string, title: string, content: string): Passage => ({
  store: 'docs',
  sourcePath,
  title,
  startLine: 1,
  endLine: 9,
  content,
});
const DOCUMENTS = [
  passage(
    'shipping.md',
    'Shipping',
    '# Shipping\n\nWe ship every weekday before noon. Orders over 50 euros ship for free.\n\n- Express costs 9 euros.\n- Islands take two more days.',
  ),
  passage(
    'refunds.md',
    'Refunds',
    '## Deadline\n\nYou can return an order within 30 days.\nRefunds arrive on your card after five working days. Sale items are excluded.',
  ),
  passage('team.md', 'Team', 'Our team works in Kiel. Days are short in winter.'),
];
const SEARCH = { name: 'search', description: '', parameters: {} };

async function answer(question: string, changes: Partial<ModelRequest> = {}): Promise<string> {
  return joinText(
    await collect(create(), { system: formatContextBlock(DOCUMENTS), messages: [userMessage(question)], tools: [], ...changes }),
  );
}

t.test('the sentence that answers is quoted, and its file is named', async (t) => {
  t.equal(
    await answer('When do refunds arrive?'),
    'According to refunds.md: "Refunds arrive on your card after five working days."\n\nSources: refunds.md',
  );
  t.match(await answer('How much does express shipping cost?'), '"Express costs 9 euros."');
  t.match(await answer('Is shipping free for large orders?'), 'Orders over 50 euros ship for free.');
  t.match(await answer('where does the team work'), /^According to team\.md: "Our team works in Kiel\./);
  t.match(await answer('What is the deadline for returns?'), 'You can return an order within 30 days.');
});

t.test('of an absolute path only the file is named', async (t) => {
  const system = formatContextBlock([passage('/srv/secret/refunds.md', 'Refunds', 'Refunds take five days.')]);
  t.equal(
    await answer('How long do refunds take?', { system }),
    'According to refunds.md: "Refunds take five days."\n\nSources: refunds.md',
  );
});

t.test('documents of one file name, or of one path in two stores, are quoted apart', async (t) => {
  const quoted = (passages: readonly Passage[]) => answer('When does the office open?', { system: formatContextBlock(passages) });
  t.equal(
    await quoted([
      passage('zurich/README.md', 'Zurich', 'The office opens at eight.'),
      passage('bern/README.md', 'Bern', 'The office opens at nine.'),
      passage('zurich/README.md', 'Zurich', 'The office opens late on Mondays.'),
    ]),
    'According to zurich/README.md: "The office opens at eight. The office opens late on Mondays."\n\n' +
      'According to bern/README.md: "The office opens at nine."\n\nSources: zurich/README.md, bern/README.md',
  );
  t.equal(
    await quoted([
      passage('office.md', '', 'The office opens at eight.'),
      { ...passage('office.md', '', 'The office opens at nine.'), store: 'archive' },
    ]),
    'According to office.md (docs): "The office opens at eight."\n\n' +
      'According to office.md (archive): "The office opens at nine."\n\nSources: office.md (docs), office.md (archive)',
  );
});

t.test('passages that do not answer are not quoted', async (t) => {
  t.match(await answer('Who won the championship in 1954?'), /^I found nothing in the documents/);
  t.match(await answer('Who won the championship in 1954?', { system: '' }), /offline model/);
  t.match(await answer('hello!', { system: '' }), /^Hello! I am Hector's built-in offline model/);
  t.match(await answer('', { system: '' }), /offline model/);
});

t.test('a question is put to search when the passages at hand do not answer it, once', async (t) => {
  const request = { system: '', messages: [userMessage('When do refunds arrive?')], tools: [SEARCH] };
  const events = await collect(create(), request);
  t.match(events[0], { type: 'tool_call', name: 'search', arguments: { query: 'When do refunds arrive?' } });
  t.match(events.at(-1), { type: 'finish', reason: 'tool_calls' });

  const call: SessionMessage = {
    id: 'a',
    role: 'agent',
    author: 'x',
    createdAt: 1,
    parts: [{ type: 'tool_call', id: '1', name: 'search', arguments: {} }],
  };
  const result = (content: string, isError = false): SessionMessage => ({
    id: 't',
    role: 'tool',
    author: 'x',
    createdAt: 1,
    parts: [{ type: 'tool_result', callId: '1', name: 'search', content, isError }],
  });
  const after = async (message: SessionMessage) =>
    joinText(await collect(create(), { ...request, messages: [...request.messages, call, message] }));
  const hits = DOCUMENTS.map(({ sourcePath, title, content }) => ({ source_path: sourcePath, title, content, store_name: 'docs' }));
  t.match(await after(result(JSON.stringify({ results: hits }))), /^According to refunds\.md: .*Sources: refunds\.md$/s);
  t.match(await after(result(JSON.stringify({ results: [] }))), /^I found nothing/);
  t.match(await after(result('Error: the index is gone', true)), 'search failed: Error: the index is gone');
  t.match(await after(result('{"results":[{"content":"cut... [TRUNCATED')), 'search returned: {"results"');
  t.notOk(
    (await collect(create(), { ...request, system: formatContextBlock(DOCUMENTS) })).some(({ type }) => type === 'tool_call'),
    'not when they do',
  );
  t.notOk(
    (await collect(create(), { ...request, messages: [userMessage('hi there')] })).some(({ type }) => type === 'tool_call'),
    'and not for small talk',
  );
});

t.test('a single sign is not searched for, but answered (RAG-41)', async (t) => {
  for (const sign of ['x', ' x ', '漢', '𠮷', '7']) {
    const events = await collect(create(), { system: '', messages: [userMessage(sign)], tools: [SEARCH] });
    t.notOk(
      events.some(({ type }) => type === 'tool_call'),
      sign,
    );
    t.match(joinText(events), /^That is too short to look for/);
  }
});

t.test('`call <tool> {json}` calls that tool, and its result is passed on', async (t) => {
  const tools = [{ name: 'add', description: '', parameters: {} }];
  const messages = [userMessage('call add {"a":1,"b":2}\ncall add {"a":3}\ncall other {}')];
  const events = await collect(create(), { system: '', messages, tools });
  t.match(
    events.filter((event) => event.type === 'tool_call').map((event) => event.arguments),
    [{ a: 1, b: 2 }, { a: 3 }],
  );
  const result: SessionMessage = {
    id: 't',
    role: 'tool',
    author: 'x',
    createdAt: 1,
    parts: [{ type: 'tool_result', callId: '1', name: 'add', content: '3', isError: false }],
  };
  t.equal(joinText(await collect(create(), { system: '', messages: [...messages, result], tools })), 'add returned: 3');
});

t.test('a question that points back is read with the one before it', async (t) => {
  const messages = [userMessage('Tell me about refunds', '1'), userMessage('And how long until they arrive?', '2')];
  t.match(await answer('', { messages }), 'after five working days');
  t.equal(
    await answer('', { messages: [userMessage('When do you ship?', '1'), userMessage('What did I ask before?', '2')] }),
    'Before this you asked: "When do you ship?"',
  );
  t.equal(await answer('What did I ask before?'), 'This is your first message in this conversation.');
});

t.test('the same request gets the same events, word by word, with the delays that are set', async (t) => {
  const clock = createSteeredClock();
  const request = { system: formatContextBlock(DOCUMENTS), messages: [userMessage('When do refunds arrive?')], tools: [] };
  const timed: { text: string; at: number }[] = [];
  const run = (async () => {
    for await (const event of create({ firstTokenMs: 200, tokenMs: 10 }, clock).generate(request, new AbortController().signal)) {
      if (event.type === 'text') timed.push({ text: event.text, at: clock.monotonic() });
    }
  })();
  await clock.advance(1_000);
  await run;
  t.equal(timed.map(({ text }) => text).join(''), await answer('When do refunds arrive?'));
  t.same(
    timed.map(({ at }) => at),
    timed.map((_, index) => 200 + 10 * index),
  );
  t.same(
    timed.slice(0, 3).map(({ text }) => text),
    ['According', ' to', ' refunds.md:'],
  );
  t.same(await collect(create(), request), await collect(create(), request));
});

t.test('an abort during a delay ends the answer with its reason; max_tokens cuts it', async (t) => {
  const clock = createSteeredClock();
  const abort = new AbortController();
  const request = { system: '', messages: [userMessage('hello')], tools: [] };
  const run = collect(create({ firstTokenMs: 5_000 }, clock), request, abort.signal);
  run.catch(() => {});
  await clock.untilPending();
  abort.abort(new AppError('TASK_LOST'));
  await t.rejects(run, { code: 'TASK_LOST' });
  t.equal(clock.pending(), 0);
  const events = await collect(create({ maxTokens: 2 }), request);
  t.equal(joinText(events), 'Hello! I');
  t.match(events.at(-1), { type: 'finish', reason: 'length', usage: { outputTokens: 2 } });
});
