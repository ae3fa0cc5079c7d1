import t from 'tap';
import { type AskedCall, readDecisions } from '../../../../src/agents/llm/read-decisions.js';
import type { JsonObject } from '../../../../src/base/json.js';
import type { SessionPart } from '../../../../src/tasks/session-message.js';

const approval = (callId: string): AskedCall => ({ callId, asks: 'approval', argumentsHash: `hash-${callId}` });
const outcome = (callId: string): AskedCall => ({ callId, asks: 'outcome', argumentsHash: `hash-${callId}` });

function read(asked: readonly AskedCall[], ...parts: readonly (string | JsonObject | SessionPart)[]) {
  const toPart = (part: string | JsonObject | SessionPart): SessionPart => {
    if (typeof part === 'string') return { type: 'text', text: part };
    return part.type === 'file' ? (part as SessionPart) : { type: 'data', data: part as JsonObject };
  };
  const message = { id: 'm1', role: 'user' as const, author: 'user', parts: parts.map(toPart), createdAt: 1 };
  const { decisions, ...rest } = readDecisions(message, { taskId: 'task-1', asked, settled: new Set(['gone']) });
  return { decisions: Object.fromEntries(decisions), ...rest };
}

const approve = (callId: string, more: JsonObject = {}) => ({ type: 'tool_approval', decision: 'approve', tool_call_id: callId, ...more });
const deny = (callId: string, more: JsonObject = {}) => ({ type: 'tool_approval', decision: 'deny', tool_call_id: callId, ...more });
const told = (callId: string, outcome: string, more: JsonObject = {}) => ({ type: 'tool_outcome', outcome, tool_call_id: callId, ...more });

t.test('data parts decide calls by their ids, several in one message, in any order (API-56, TOOL-62)', async (t) => {
  const asked = [approval('a'), approval('b'), outcome('c')];
  t.same(
    read(asked, deny('b', { reason: ' too much ' }), told('c', 'done', { result: { id: 7 } }), approve('a', { arguments_hash: 'hash-a' })),
    {
      decisions: { b: { type: 'deny', reason: 'too much' }, c: { type: 'done', result: '{"id":7}' }, a: { type: 'approve' } },
      problems: [],
      isOnlyDecision: true,
    },
  );
  t.same(read(asked, approve('b')).decisions, { b: { type: 'approve' } }, 'the others stay open');
  t.same(read(asked, told('c', 'done')).decisions, { c: { type: 'done' } });
  t.same(read(asked, told('c', 'retry')).decisions, { c: { type: 'retry' } });
  t.same(read(asked, told('c', 'skip')).decisions, { c: { type: 'skip' } });
});

t.test('a word decides while exactly one call waits (W-31)', async (t) => {
  for (const word of ['approve', 'Approved', ' APPROVE. '])
    t.same(read([approval('a')], word), { decisions: { a: { type: 'approve' } }, problems: [], isOnlyDecision: true });
  for (const word of ['deny', 'denied', 'reject', 'Reject!'])
    t.same(read([approval('a')], word).decisions, { a: { type: 'deny', reason: '' } });
  for (const word of ['done', 'retry', 'skip']) t.same(read([outcome('a')], word).decisions, { a: { type: word } });

  const two = read([approval('a'), approval('b')], 'approve');
  t.same(two.decisions, {});
  t.match(two.problems, [/2 calls wait.*tool_call_id/]);
  t.equal(two.isOnlyDecision, true, 'no model should read it as a wish');
  t.match(read([], 'approve'), { decisions: {}, problems: [/No call waits/] });
  t.match(read([outcome('a')], 'approve'), { decisions: {}, problems: [/'a' waits for a tool_outcome/] });
  t.match(read([approval('a')], 'retry'), { decisions: {}, problems: [/'a' waits for a tool_approval/] });
});

t.test('anything else decides nothing and is left for the model', async (t) => {
  for (const text of ['what would it do?', 'approve it', 'do not approve', 'approve approve', '', 'yes', 'charge'])
    t.match(read([approval('a')], text), { decisions: {}, problems: [/decides nothing/], isOnlyDecision: false }, `'${text}'`);
  t.same(read([approval('a')], { type: 'tool_use', tool_call_id: 'a', decision: 'approve' }).decisions, {});
});

t.test('a call is decided by its id, never by the name of its tool (W-30)', async (t) => {
  const named = { type: 'tool_approval', decision: 'approve', tool_name: 'charge' };
  t.match(read([approval('a')], named), { decisions: {}, problems: [/has no tool_call_id/], isOnlyDecision: true });
  t.match(read([approval('a')], { ...named, tool_call_id: '' }), { decisions: {} });
  t.match(read([approval('a')], { ...named, tool_call_id: 'charge' }), { decisions: {}, problems: [/No call 'charge' waits/] });
  t.match(read([approval('a')], { ...named, tool_call_id: 7 }), { decisions: {} });
});

t.test('a decision is bound to the arguments that were shown (TOOL-61)', async (t) => {
  const wrong = read([approval('a'), approval('b')], approve('a', { arguments_hash: 'hash-b' }), deny('b'));
  t.same(wrong.decisions, { b: { type: 'deny', reason: '' } });
  t.match(wrong.problems, [/arguments_hash for call 'a'.*hash-a/]);
  t.match(read([outcome('a')], told('a', 'retry', { arguments_hash: 'x' })), { decisions: {}, problems: [/arguments_hash/] });
  t.match(read([approval('a')], approve('a', { arguments_hash: null })), { decisions: {}, problems: [/arguments_hash/] });
});

t.test('the first decision stands; other tasks, unknown calls and wrong kinds are refused', async (t) => {
  t.match(read([approval('a')], deny('gone')), { decisions: {}, problems: [/'gone' is decided already/] });
  t.match(read([approval('a')], approve('a', { task_id: 'task-2' })), { decisions: {}, problems: [/for another task/] });
  t.same(read([approval('a')], approve('a', { task_id: 'task-1' })).decisions, { a: { type: 'approve' } });
  t.match(read([approval('a')], approve('z'.repeat(500))), { decisions: {}, problems: [/^No call 'z{100}…' waits/] });
  t.match(read([approval('a')], told('a', 'done')), { decisions: {}, problems: [/waits for a tool_approval/] });
  t.match(read([outcome('a')], approve('a')), { decisions: {}, problems: [/waits for a tool_outcome/] });
  t.match(read([approval('a')], { ...approve('a'), decision: 'yes' }), { decisions: {}, problems: [/waits for a tool_approval/] });
  t.match(read([outcome('a')], told('a', 'approve')), { decisions: {}, problems: [/waits for a tool_outcome/] });
});

t.test('a message that contradicts itself decides nothing at all', async (t) => {
  const asked = [approval('a'), approval('b'), outcome('c')];
  for (const parts of [
    [approve('a'), deny('a'), approve('b')],
    [deny('a'), approve('b'), approve('a')],
    [approve('a', { arguments_hash: 'wrong' }), deny('a')],
    [told('c', 'done', { result: 'x' }), told('c', 'done', { result: 'y' }), approve('b')],
    ['deny', approve('a')],
    ['approve', approve('a'), deny('b')],
  ])
    t.match(read(asked, ...parts), { decisions: {}, problems: [/different things about call/], isOnlyDecision: true });
  t.same(read(asked, approve('a'), approve('a')).decisions, { a: { type: 'approve' } }, 'saying it twice is no contradiction');
  t.same(read(asked, deny('a', { reason: 'x' }), deny('a', { reason: 'y' })).decisions, { a: { type: 'deny', reason: 'x' } });
  t.same(read(asked, 'approve', approve('a'), approve('b')).decisions, { a: { type: 'approve' }, b: { type: 'approve' } });
});

t.test('what is said beside a decision is left for the model', async (t) => {
  t.match(read([approval('a')], approve('a'), 'but only today'), { decisions: { a: { type: 'approve' } }, isOnlyDecision: false });
  t.equal(read([approval('a')], approve('a'), { type: 'file', url: 'https://example.org/a.pdf' }).isOnlyDecision, false);
  t.equal(read([approval('a')], approve('a'), { note: 1 }).isOnlyDecision, false);
});
