import t from 'tap';
import type { ChildRun } from '../../../src/agents/agent.js';
import { mergeQuestions, routeAnswer } from '../../../src/agents/child-questions.js';
import type { JsonObject } from '../../../src/base/json.js';
import type { SessionMessage, SessionPart } from '../../../src/tasks/session-message.js';

function waiting(agent: string, callIds: readonly string[], text = `${agent}?`, more: Partial<ChildRun> = {}): ChildRun {
  return {
    key: agent,
    taskId: agent,
    agent,
    state: 'TASK_STATE_INPUT_REQUIRED',
    statusMessage: {
      messageId: agent,
      role: 'ROLE_AGENT',
      parts: [{ text }, ...callIds.map((id) => ({ data: { type: 'tool_approval_request', tool_call_id: id } }))],
    },
    statusMetadata: callIds.length === 0 ? undefined : { long_running_tool_ids: callIds },
    messages: [],
    ...more,
  };
}

const text = (value: string): SessionPart => ({ type: 'text', text: value });
const decision = (callId: string, more: JsonObject = {}): SessionPart => ({
  type: 'data',
  data: { type: 'tool_approval', tool_call_id: callId, decision: 'approve', ...more },
});
const message = (...parts: readonly SessionPart[]): SessionMessage => ({ id: 'm', role: 'user', author: 'user', parts, createdAt: 1 });

/** Who heard what. */
function route(parts: readonly SessionPart[], children: readonly ChildRun[], own: readonly string[] = []) {
  const { says, own: kept, problems } = routeAnswer(message(...parts), children, new Set(own));
  return { says: Object.fromEntries(says.map(({ key, message }) => [key, message.parts])), own: kept?.parts, problems };
}

t.test('a decision goes to the run whose call it names, and to no other (TOOL-62, W-30)', async (t) => {
  const children = [waiting('a', ['1', '2']), waiting('b', ['3'])];
  t.same(route([decision('3'), decision('1')], children), {
    says: { a: [decision('1')], b: [decision('3')] },
    own: undefined,
    problems: [],
  });
  const wrong = route([decision('9')], children);
  t.same(wrong.says, {});
  t.match(wrong.problems, ["No call '9' waits for a decision."]);
  t.same(route([decision('9'), decision('3')], children, ['8']).own, [decision('9')], 'a run that asks itself says what is wrong');
});

t.test('a word decides while one call waits in the whole tree, and never two (TOOL-61, W-31)', async (t) => {
  t.same(route([text('approve')], [waiting('a', ['1'])]).says, { a: [text('approve')] });
  t.same(route([text('approve')], [waiting('a', ['1']), waiting('b', [])]).says, { a: [text('approve')] });
  t.same(route([text('Approve.')], [waiting('a', [])], ['8']), { says: {}, own: [text('Approve.')], problems: [] });
  for (const [children, own] of [
    [[waiting('a', ['1']), waiting('b', ['2'])], []],
    [[waiting('a', ['1', '2'])], []],
    [[waiting('a', ['1'])], ['8']],
  ] as const) {
    const unclear = route([text('approve')], children, own);
    t.same([unclear.says, unclear.own], [{}, undefined]);
    t.match(unclear.problems, [/^2 calls wait, so 'approve' alone is not enough/]);
  }
});

t.test('words go to all that asked for words, with a decision to whom it is for, else to all that wait', async (t) => {
  const children = [waiting('a', ['1']), waiting('b', []), waiting('c', [])];
  t.same(route([text('Rome')], children).says, { b: [text('Rome')], c: [text('Rome')] });
  t.same(route([decision('1'), text('Rome')], children).says, { a: [decision('1'), text('Rome')], b: [text('Rome')], c: [text('Rome')] });
  t.same(route([text('why?')], [waiting('a', ['1']), waiting('d', ['2'])]).says, { a: [text('why?')], d: [text('why?')] });
});

t.test('all open questions are one: its text, its data parts with their agents, its call ids (API-55)', async (t) => {
  const task = { id: 'task', contextId: 'context' };
  const children = [waiting('a', ['1'], 'Pay?', { expiresAt: 1_500 }), waiting('b', [], 'Where?', { expiresAt: 1_200 })];
  t.match(mergeQuestions(children, { problems: ['Unclear.'], task, now: 1_000 }), {
    state: 'TASK_STATE_INPUT_REQUIRED',
    statusMessage: { taskId: 'task', parts: [{ text: 'Unclear.\n[a] Pay?\n[b] Where?' }, { data: { agent: 'a', tool_call_id: '1' } }] },
    statusMetadata: { input_required: true, long_running_tool_ids: ['1'], input_prompt: 'Unclear.\n[a] Pay?\n[b] Where?' },
    expiresAfterMs: undefined,
  });
  const auth = mergeQuestions([waiting('a', [], 'Log in', { state: 'TASK_STATE_AUTH_REQUIRED' })], { problems: [], task, now: 0 });
  t.match(auth, { state: 'TASK_STATE_AUTH_REQUIRED', statusMessage: { parts: [{ text: 'Log in' }] } });
});
