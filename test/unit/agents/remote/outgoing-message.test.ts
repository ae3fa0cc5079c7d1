import t from 'tap';
import { toOutgoingMessage } from '../../../../src/agents/remote/outgoing-message.js';
import type { SessionMessage, SessionPart } from '../../../../src/tasks/session-message.js';

const say = (author: string, ...parts: (string | SessionPart)[]): SessionMessage => ({
  ...{ id: `${author}-${parts.length}`, role: author === 'user' ? 'user' : 'agent', author, createdAt: 1 },
  parts: parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)),
});
const options = { agent: 'far', messageId: 'm', upTo: '', ownTaskIds: ['ours'], taskId: undefined, contextId: undefined };
const textsOf = (history: readonly SessionMessage[]) => toOutgoingMessage(history, options).parts.map(({ text }) => text);

t.test('what is new since it spoke last, and nothing before the newest question (AGT-27)', (t) => {
  const old = [say('user', 'old'), say('far', 'said')];
  t.same(textsOf([...old, say('user', 'new')]), ['new']);
  t.same(textsOf([...old, say('user', 'new'), say('writer', 'draft')]), ['new', "[Message from agent 'writer']: draft"]);
  const round = [...old, say('user', 'new'), say('far', 'first'), say('critic', 'shorter')];
  t.same(textsOf(round), ["[Message from agent 'critic']: shorter"], 'in its second turn');
  t.same(textsOf([...old, say('user', 'new'), say('far', 'first')]), ['new'], 'nobody said anything since');
  t.same(textsOf([say('user', '')]), ['']);
  t.end();
});

t.test('files and data pass; our ids do not', (t) => {
  const file: SessionPart = { type: 'file', raw: 'aGk=', filename: 'a.txt', mediaType: 'text/plain' };
  const decision: SessionPart = { type: 'data', data: { type: 'tool_approval', tool_call_id: 'c', task_id: 'ours' } };
  const other: SessionPart = { type: 'data', data: { task_id: 'theirs' } };
  const message = toOutgoingMessage([say('user', 'see', file, decision, other)], { ...options, taskId: 'remote', contextId: 'there' });
  t.same(message, {
    messageId: 'm',
    contextId: 'there',
    taskId: 'remote',
    role: 'ROLE_USER',
    parts: [
      { text: 'see' },
      { raw: 'aGk=', filename: 'a.txt', mediaType: 'text/plain' },
      { data: { type: 'tool_approval', tool_call_id: 'c', task_id: 'remote' } },
      { data: { task_id: 'theirs' } },
    ],
  });
  t.end();
});
