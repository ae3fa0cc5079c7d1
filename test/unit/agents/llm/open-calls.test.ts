import t from 'tap';
import { describeOpenCall, findOpenCalls } from '../../../../src/agents/llm/open-calls.js';
import type { TaskState } from '../../../../src/protocol/a2a.js';
import type { ToolCallPart } from '../../../../src/tasks/session-message.js';
import type { SessionToolCall } from '../../../../src/tasks/tool-call.js';
import { userMessage } from '../../../contract/language-model.js';
import { countingTool } from '../../../support/counting-tool.js';
import { stepContext, taskRecord } from '../../../support/llm-agent.js';
import { sampleToolCall } from '../../../support/sample-tool-call.js';
import { setUpCalls } from '../../../support/tool-calls.js';

const call: ToolCallPart = { type: 'tool_call', id: 'a', name: 'charge', arguments: {} };
const at = Date.parse('2026-11-22T10:00:00.000Z');
const told = (status: SessionToolCall['status'], taskState: TaskState, more: Partial<SessionToolCall> = {}) =>
  describeOpenCall(call, {
    ...sampleToolCall({ callId: 'a', status }),
    ...{ taskId: 'run-1', taskState, step: 1, epoch: 1, createdAt: at, updatedAt: at, ...more },
  });

t.test('what the model reads of a call without a result says what the log knows (AGT-28, R7)', async (t) => {
  const begun = /was begun at 2026-11-22T10:00:00.000Z; its outcome is not known\./;
  for (const status of ['intended', 'unknown'] as const) {
    t.match(told(status, 'TASK_STATE_CANCELED'), { type: 'tool_result', callId: 'a', name: 'charge', isError: true, content: begun });
    t.match(told(status, 'TASK_STATE_FAILED').content, /Do not repeat it without asking the user\.$/);
    t.match(told(status, 'TASK_STATE_INPUT_REQUIRED').content, /Task run-1 waits for a person .* Do not repeat it\.$/);
  }
  t.match(told('intended', 'TASK_STATE_FAILED', { createdAt: 1 }).content, begun, 'it was asked about before it began');
  t.match(told('unknown', 'TASK_STATE_FAILED', { createdAt: 1, decision: { messageId: 'm', at } }).content, begun);
  t.match(
    told('awaiting', 'TASK_STATE_INPUT_REQUIRED').content,
    /waits for a person's decision in task run-1.* Do not request it again\.$/,
  );
  t.match(told('awaiting', 'TASK_STATE_FAILED').content, /was never carried out: its run ended/);
  t.match(told('approved', 'TASK_STATE_CANCELED').content, /was approved and never carried out: its run ended first/);
  t.match(told('approved', 'TASK_STATE_CANCELED', { effect: 'pure' }).content, /its run ended before there was a result/);
  t.match(told('approved', 'TASK_STATE_WORKING').content, /up to task run-1/);
  const result = { content: 'receipt 7', isError: false };
  t.match(told('done', 'TASK_STATE_CANCELED', { result }), result);
  t.match(told('denied', 'TASK_STATE_FAILED', { result: { content: 'TOOL_EXECUTION_DENIED', isError: true } }), {
    content: 'TOOL_EXECUTION_DENIED',
    isError: true,
  });
  const none = /^\(no result\) There is no record that this call was begun/;
  t.match(describeOpenCall(call, undefined), { content: none, isError: true });
  t.match(told('done', 'TASK_STATE_CANCELED', { tool: 'other', result }).content, none, 'a row of another call under the same id');
});

t.test('open calls are those of this agent that nothing answers', async (t) => {
  const message = (author: string, role: 'agent' | 'tool', parts: object[]) => ({ id: 'm', author, role, parts, createdAt: 1 }) as never;
  const answer = { type: 'tool_result', callId: 'b', name: 'charge', content: 'x', isError: false };
  const history = [
    message('helper', 'agent', [call, { ...call, id: 'b' }, { ...call, id: 'c' }]),
    message('helper', 'tool', [answer]),
    message('scout', 'agent', [{ ...call, id: 'd' }]),
  ];
  t.same(
    findOpenCalls(history, 'helper').map(({ id }) => id),
    ['a', 'c'],
  );
});

t.test('the ledger is asked for open calls only, once; the model reads what it knows of them (R7)', async (t) => {
  const send = countingTool('send', 'once');
  const { agent, run, model } = setUpCalls(t, [send], [{ id: 'o', name: 'send' }]);
  await run.step(agent);
  t.same(run.ledger.reads.flat(), [], 'a session without open calls asks nothing');
  run.ledger.put([sampleToolCall({ callId: 'o', tool: 'send' })]);
  const asked: (readonly string[])[] = [];
  const ledger = {
    ...run.ledger,
    findInSession: async (ids: readonly string[]) => {
      asked.push(ids);
      const found = await run.ledger.findInSession(ids);
      return new Map([...found].map(([id, row]) => [id, { ...row, taskState: 'TASK_STATE_CANCELED' as const }]));
    },
  };
  // Another run of the session, after the first one was canceled.
  const history = [...run.history, { ...userMessage('And now?'), id: 'next' }];
  const task = { ...taskRecord(), id: 'task-2' };
  await agent.runStep({ task, history }, stepContext({ ledger }));
  t.same(asked, [['o']]);
  const messages = model.requests.at(-1)?.messages ?? [];
  t.same(
    messages.map(({ role }) => role),
    ['user', 'agent', 'tool', 'user'],
  );
  t.match(messages[2]?.parts, [{ type: 'tool_result', callId: 'o', content: /was begun at .* Do not repeat it without asking/ }]);
  t.equal(send.executed.length, 0);
});
