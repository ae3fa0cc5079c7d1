import t from 'tap';
import { prepareHistory } from '../../../../src/agents/llm/prepare-history.js';
import type { SessionMessage, SessionPart, ToolCallPart, ToolResultPart } from '../../../../src/tasks/session-message.js';

let id = 0;
const message = (
  role: SessionMessage['role'],
  parts: readonly SessionPart[],
  author = role === 'user' ? 'user' : 'helper',
): SessionMessage => ({
  id: `m${id++}`,
  role,
  author,
  parts,
  createdAt: 1,
});
const text = (value: string): SessionPart => ({ type: 'text', text: value });
const call = (callId: string): SessionPart => ({ type: 'tool_call', id: callId, name: 'look', arguments: {} });
const result = (callId: string): SessionPart => ({
  type: 'tool_result',
  callId,
  name: 'look',
  content: `result ${callId}`,
  isError: false,
});

/** Of a call without a result. */
const open = (callId: string): SessionPart => ({ type: 'tool_result', callId, name: 'look', content: `open ${callId}`, isError: true });
const describe = ({ id: callId, name }: ToolCallPart): ToolResultPart => ({
  type: 'tool_result',
  callId,
  name,
  content: `open ${callId}`,
  isError: true,
});

t.test('every call is followed by its result, in the order of the calls (AGT-28, AGT-55)', async (t) => {
  const history = [
    message('user', [text('?')]),
    message('agent', [text('hm'), call('1'), call('2')]),
    message('tool', [result('2'), result('1')]),
    message('agent', [text('ok')]),
  ];
  const prepared = prepareHistory(history, 'helper', describe);
  t.same(
    prepared.map(({ role }) => role),
    ['user', 'agent', 'tool', 'agent'],
  );
  t.same(prepared[2]?.parts, [result('1'), result('2')]);
});

t.test('a call without a result says so in its place; a result without a call is left out (AGT-28, R7)', async (t) => {
  const history = [
    message('user', [text('?')]),
    message('agent', [text('hm'), call('1'), call('2')]),
    message('tool', [result('2'), result('9')]),
    message('user', [text('and?')]),
    message('tool', [result('8')]),
    message('agent', [{ type: 'thinking', text: 'one more' }, call('3')]),
  ];
  const prepared = prepareHistory(history, 'helper', describe);
  t.same(
    prepared.map(({ role }) => role),
    ['user', 'agent', 'tool', 'user', 'agent', 'tool'],
  );
  t.same(prepared[1]?.parts, [text('hm'), call('1'), call('2')]);
  t.same(prepared[2]?.parts, [open('1'), result('2')]);
  t.same(prepared[5]?.parts, [open('3')]);
});

t.test('messages that were nothing but decisions are hidden; results that came one after the other are one message', async (t) => {
  const history = [
    { ...message('user', [text('?')]), id: 'same' },
    message('agent', [call('1'), call('2')]),
    message('tool', [result('1')]),
    message('user', [text('what would it do?')]),
    { ...message('user', [text('approve')]), id: 'same' },
    { ...message('tool', [result('2')]), consumes: ['same'] },
  ];
  const prepared = prepareHistory(history, 'helper', describe);
  t.same(prepared, [history[0], history[1], { ...prepared[2], role: 'tool', parts: [result('1'), result('2')] }, history[3]]);
});

t.test('a call that was answered late stands behind what was said in other runs meanwhile', async (t) => {
  const history = [
    message('user', [text('pay')]),
    message('agent', [call('1')]),
    message('user', [text('hello?')]),
    message('agent', [text('hello')]),
    { ...message('user', [text('approve')]), id: 'ok' },
    { ...message('tool', [result('1')]), consumes: ['ok'] },
  ];
  t.same(
    prepareHistory(history.slice(0, 3), 'helper', describe).map(({ parts }) => parts[0]),
    [text('pay'), call('1'), open('1'), text('hello?')],
    'the other run sees that the call waits',
  );
  t.same(
    prepareHistory(history, 'helper', describe).map(({ parts }) => parts[0]),
    [text('pay'), text('hello?'), text('hello'), call('1'), result('1')],
  );
});

t.test('messages of other agents are text of the user (AGT-27)', async (t) => {
  const history = [
    message('user', [text('?')]),
    message('agent', [text('I looked.'), call('1')], 'scout'),
    message('tool', [result('1')], 'scout'),
    message('agent', [call('2')], 'scout'),
  ];
  t.match(prepareHistory(history, 'helper', describe), [
    { role: 'user' },
    { role: 'user', parts: [{ text: "[Message from agent 'scout']: I looked." }] },
  ]);
  t.equal(prepareHistory(history, 'helper', describe).length, 2);
});
