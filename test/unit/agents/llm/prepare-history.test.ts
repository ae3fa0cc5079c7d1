import t from 'tap';
import { prepareHistory } from '../../../../src/agents/llm/prepare-history.js';
import type { SessionMessage, SessionPart } from '../../../../src/tasks/session-message.js';

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

t.test('every call is followed by its result, in the order of the calls (AGT-28, AGT-55)', async (t) => {
  const history = [
    message('user', [text('?')]),
    message('agent', [text('hm'), call('1'), call('2')]),
    message('tool', [result('2'), result('1')]),
    message('agent', [text('ok')]),
  ];
  const prepared = prepareHistory(history, 'helper');
  t.same(
    prepared.map(({ role }) => role),
    ['user', 'agent', 'tool', 'agent'],
  );
  t.same(prepared[2]?.parts, [result('1'), result('2')]);
});

t.test('a call without a result gets an error result; a result without a call is left out (AGT-28)', async (t) => {
  const history = [
    message('user', [text('?')]),
    message('agent', [call('1'), call('2')]),
    message('tool', [result('2'), result('9')]),
    message('user', [text('and?')]),
    message('tool', [result('8')]),
  ];
  const prepared = prepareHistory(history, 'helper');
  t.same(
    prepared.map(({ role }) => role),
    ['user', 'agent', 'tool', 'user'],
  );
  t.same(prepared[2]?.parts, [{ type: 'tool_result', callId: '1', name: 'look', content: '(no result)', isError: true }, result('2')]);
});

t.test('messages of other agents are text of the user (AGT-27)', async (t) => {
  const history = [
    message('user', [text('?')]),
    message('agent', [text('I looked.'), call('1')], 'scout'),
    message('tool', [result('1')], 'scout'),
    message('agent', [call('2')], 'scout'),
  ];
  t.match(prepareHistory(history, 'helper'), [
    { role: 'user' },
    { role: 'user', parts: [{ text: "[Message from agent 'scout']: I looked." }] },
  ]);
  t.equal(prepareHistory(history, 'helper').length, 2);
});
