import t, { type Test } from 'tap';
import { bufferWindow } from '../../../src/memory/context-windows/buffer-window.js';
import { groupMessages } from '../../../src/memory/context-windows/message-groups.js';
import { summaryMessage, summaryWindow } from '../../../src/memory/context-windows/summary-window.js';
import { tokenWindow } from '../../../src/memory/context-windows/token-window.js';
import { type CountTokens, countMessages, estimateTokens } from '../../../src/memory/count-tokens.js';
import type { SessionMessage } from '../../../src/tasks/session-message.js';
import { createRandom } from '../../support/random.js';

const countTokens: CountTokens = countMessages(estimateTokens);

/** A conversation as models read it: each answer that calls tools is followed by its results. */
function createConversation(random: () => number): readonly SessionMessage[] {
  const messages: SessionMessage[] = [];
  const add = (role: SessionMessage['role'], parts: SessionMessage['parts']) =>
    messages.push({ id: `m${messages.length}`, role, author: role === 'user' ? 'user' : 'helper', parts, createdAt: messages.length });
  const text = () => 'x'.repeat(Math.floor(random() ** 3 * 2_000));
  const turns = 1 + Math.floor(random() * 60);
  for (let turn = 0; turn < turns; turn++) {
    if (turn === 0 || random() < 0.5) add('user', [{ type: 'text', text: text() }]);
    if (random() < 0.4) {
      const ids = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => `c${messages.length}-${index}`);
      add(
        'agent',
        ids.map((id) => ({ type: 'tool_call', id, name: 'tool', arguments: { text: text() } })),
      );
      add(
        'tool',
        ids.map((callId) => ({ type: 'tool_result', callId, name: 'tool', content: text(), isError: false })),
      );
    } else if (random() < 0.9) add('agent', [{ type: 'text', text: text() }]);
  }
  return messages;
}

const tokensOf = (messages: readonly SessionMessage[]) => messages.reduce((sum, message) => sum + countTokens(message), 0);

function assertWhole(t: Test, all: readonly SessionMessage[], kept: readonly SessionMessage[]): void {
  const calls = kept.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool_call' ? [part.id] : [])));
  const results = kept.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool_result' ? [part.callId] : [])));
  t.same(results, calls, 'each call has its result, and none stands alone');
  const places = kept.map((message) => all.indexOf(message));
  t.same(
    places,
    [...places].sort((a, b) => a - b),
    'in their order',
  );
  t.equal(kept[0]?.role, 'user', 'a user speaks first');
  const question = all.findLast(({ role }) => role === 'user') as SessionMessage;
  t.ok(kept.includes(question), 'the question is there');
}

t.test('a window never splits a call from its result, keeps the question and stays in its budget (AGT-51, AGT-52, AGT-55)', async (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const { next: random } = createRandom(seed);
    const all = createConversation(random);
    const size = 1 + Math.floor(random() * 30);
    const buffered = bufferWindow(all, size);
    assertWhole(t, all, buffered);
    const newest = groupMessages(all).at(-1) ?? [];
    t.ok(buffered.length <= Math.max(size, newest.length) + 1, 'no more than the window, the newest answer and a question before it');
    t.ok(
      newest.every((message) => buffered.includes(message)),
      'the newest is there',
    );

    const budget = 100 + Math.floor(random() * 4_000);
    const preserveRecent = Math.floor(random() * 8);
    const window = tokenWindow(all, { budget, preserveRecent, countTokens });
    assertWhole(t, all, window);
    const recent = all.slice(-preserveRecent || all.length);
    if (preserveRecent > 0)
      t.ok(
        recent.every((message) => window.includes(message)),
        'recent messages are kept',
      );
    // What has to be there whatever it costs: the newest groups and the message of a user before them.
    const least = tokenWindow(all, { budget: 0, preserveRecent, countTokens });
    t.ok(tokensOf(window) <= budget || window.length === least.length, `within its budget (seed ${seed})`);
    if (!t.passing()) return;
  }
});

t.test('summaries end behind an answer, keep what is recent word for word, and are not made again (AGT-53, AGT-54, W-94)', async (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const { next: random } = createRandom(seed);
    const all = createConversation(random);
    const settings = { budget: 300 + Math.floor(random() * 4_000), threshold: 0.85, target: 0.7, preserveRecent: 5, countTokens };
    const first = summaryWindow(all, undefined, settings);
    assertWhole(t, all, first.messages);
    if (first.old.length === 0) continue;
    t.ok(all.length >= 20, 'at least 20 messages before a summary');
    t.ok(
      all.slice(-10).every((message) => first.messages.includes(message)),
      'at least 10 are kept',
    );
    t.not(first.old.at(-1)?.role, 'user');
    const known = new Set([...first.old, ...first.messages]);
    t.equal(known.size, all.length, 'nothing is lost between the summary and the rest');
    const upTo = (first.old.findLast(({ role }) => role === 'agent') as SessionMessage).id;
    const again = summaryWindow(all, { text: 'short', upTo }, settings);
    // What has to stay may be over the threshold by itself; else there is nothing to do.
    const open = all.slice(all.findIndex(({ id }) => id === first.messages.at(-10)?.id));
    if (tokensOf(open) + countTokens(summaryMessage('short')) < settings.target * settings.budget)
      t.same(again.old, [], `no second summary (seed ${seed})`);
    if (!t.passing()) return;
  }
});
