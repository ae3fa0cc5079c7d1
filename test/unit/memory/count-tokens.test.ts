import t from 'tap';
import { countMessages, createTokenCounter, encodingOf, estimateTokens } from '../../../src/memory/count-tokens.js';
import { silentLogger } from '../../../src/observe/log.js';
import type { SessionMessage, SessionPart } from '../../../src/tasks/session-message.js';

const message = (...parts: readonly SessionPart[]): SessionMessage => ({ id: 'm', role: 'user', author: 'user', parts, createdAt: 0 });
const text = (value: string) => message({ type: 'text', text: value });

t.test('tokens are those of the model, counted (AGT-54)', async (t) => {
  const count = await createTokenCounter({ provider: 'openai', model: 'gpt-4o' }, silentLogger);
  const empty = count(text(''));
  t.equal(count(text('Hello, world!')) - empty, 4);
  t.equal(count(text('<|endoftext|>')) - empty > 1, true, 'what looks like a control token is text');
  t.equal(encodingOf({ provider: 'openai', model: 'gpt-4-turbo' }), 'cl100k_base');
  t.equal(encodingOf({ provider: 'openai', model: 'gpt-5-mini' }), 'o200k_base');
  t.equal(encodingOf({ provider: 'anthropic', model: 'claude-haiku-4-5' }), 'cl100k_base');
});

t.test('calls, results, data and files of tools count (W-95)', async (t) => {
  const count = countMessages(estimateTokens);
  const long = 'x'.repeat(4_000);
  const parts: readonly SessionPart[] = [
    { type: 'tool_call', id: 'c', name: 'tool', arguments: { long } },
    { type: 'tool_result', callId: 'c', name: 'tool', content: long, isError: false },
    { type: 'data', data: { long } },
    { type: 'thinking', text: long },
  ];
  for (const part of parts) t.ok(count(message(part)) >= 1_000, part.type);
  t.ok(count(message({ type: 'file', raw: 'aaaa', mediaType: 'image/png' })) >= 1_000);
  const file = { type: 'file', raw: 'aaaa', mediaType: 'image/png' } as const;
  t.ok(count(message({ type: 'tool_result', callId: 'c', name: 'tool', content: '', isError: false, files: [file] })) >= 1_000);
});

t.test('a text without any boundary is counted in bounded time, nearly right', async (t) => {
  const count = await createTokenCounter({ provider: 'openai', model: 'gpt-4o' }, silentLogger);
  const startedMs = performance.now();
  const tokens = count(text('a'.repeat(1_000_000)));
  t.ok(performance.now() - startedMs < 5_000);
  t.ok(tokens > 100_000 && tokens < 200_000, `${tokens}`);
});
