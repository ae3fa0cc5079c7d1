import t from 'tap';
import { createCallIds } from '../../../../src/agents/llm/call-model.js';
import { collectAnswer } from '../../../../src/agents/llm/collect-answer.js';
import { systemClock } from '../../../../src/base/clock.js';
import type { JsonObject } from '../../../../src/base/json.js';
import type { ModelEvent } from '../../../../src/providers/llms/contract.js';

async function collect(events: readonly ModelEvent[]) {
  const shown = { text: '' };
  const previews: string[] = [];
  const source = async function* () {
    yield* events;
  };
  const answer = await collectAnswer(source(), {
    shown,
    preview: (text) => previews.push(text),
    maxToolBytes: 1024,
    chooseCallId: (id) => id,
  });
  return { answer, shown, previews };
}

t.test('previews joined are the text, however the model cuts it (R9)', async (t) => {
  // A small generator with a fixed seed: the same cases every time.
  let state = 7;
  const random = (limit: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % limit;
  };
  const alphabet = ['a', ' ', '\n', 'é', '👋', '👩‍👧', '"', '漢', ''];
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: random(20) }, () => alphabet[random(alphabet.length)]).join('');
    const events: ModelEvent[] = [];
    for (let at = 0; at < text.length; ) {
      const length = 1 + random(3);
      events.push({ type: 'text', text: text.slice(at, at + length) });
      if (random(6) === 0) events.push({ type: 'thinking', text: 'hm' });
      if (random(9) === 0) events.push({ type: 'tool_call', id: `${at}`, name: 'x', arguments: {} });
      at += length;
    }
    const { answer, previews } = await collect([...events, { type: 'finish', reason: 'stop' }]);
    // Through UTF-8, as previews travel: half a surrogate pair would be lost there.
    t.equal(previews.map((preview) => Buffer.from(preview).toString()).join(''), text);
    t.equal(answer.text, text);
    t.notOk(previews.includes(''));
    t.equal(answer.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''), text);
  }
});

t.test('a model that never stops is stopped, and its stream is closed', async (t) => {
  let closed = false;
  const endless = async function* (): AsyncGenerator<ModelEvent> {
    try {
      for (;;) yield { type: 'text', text: 'and so on, ' };
    } finally {
      closed = true;
    }
  };
  const options = { shown: { text: '' }, preview: undefined, chooseCallId: (id: string) => id, maxToolBytes: 1024, maxEventBytes: 10_000 };
  await t.rejects(collectAnswer(endless(), options), { code: 'AGENT_RESPONSE_INVALID', message: /server\.limits\.max_event_bytes/ });
  t.ok(closed);
  t.ok(options.shown.text.length <= 10_000);
});

t.test('parts keep the order they came in; a signature closes its thinking (AGT-12)', async (t) => {
  const { answer } = await collect([
    { type: 'thinking', text: 'I ' },
    { type: 'thinking', text: 'see' },
    { type: 'thinking', text: '', signature: 's1' },
    { type: 'thinking', text: 'more' },
    { type: 'text', text: 'So ' },
    { type: 'text', text: 'it is.' },
    { type: 'tool_call', id: '1', name: 'x', arguments: {}, invalidArguments: '{' },
    { type: 'finish', reason: 'tool_calls' },
  ]);
  t.same(answer.parts, [
    { type: 'thinking', text: 'I see', signature: 's1' },
    { type: 'thinking', text: 'more' },
    { type: 'text', text: 'So it is.' },
    { type: 'tool_call', id: '1', name: 'x', arguments: {}, invalidArguments: '{' },
  ]);
  t.same(answer.calls, [{ type: 'tool_call', id: '1', name: 'x', arguments: {}, invalidArguments: '{' }]);
});

t.test('a model that ends without saying so has not answered', async (t) => {
  await t.rejects(collect([{ type: 'text', text: 'half' }]), { code: 'LLM_BAD_RESPONSE' });
});

t.test('calls without end, and names and arguments that are none, end no run by accident (AGT-06, AGT-07)', async (t) => {
  const call = (id: string, name: string, args: JsonObject): ModelEvent => ({ type: 'tool_call', id, name, arguments: args });
  const deep = JSON.parse(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`) as JsonObject;
  const { answer } = await collect([
    call('a', 'x'.repeat(1_000_000), {}),
    call('b', 'look', deep),
    call('c', 'look', { a: [[1]] }),
    { type: 'finish', reason: 'tool_calls' },
  ]);
  t.same(
    answer.calls.map(({ name, invalidArguments }) => [name.length, invalidArguments]),
    [
      [200, undefined],
      [4, '(nested more than 100 deep)'],
      [4, undefined],
    ],
  );
  const many = Array.from({ length: 600 }, (_, at) => call(`${at}`, 'look', {}));
  await t.rejects(collect(many), { code: 'AGENT_RESPONSE_INVALID', message: /more than 512 tool calls/ });
  const chooseCallId = createCallIds({ usedCallIds: new Set(), clock: systemClock });
  t.match(chooseCallId('x'.repeat(1_000)), /^hector-.{10,60}$/);
});
