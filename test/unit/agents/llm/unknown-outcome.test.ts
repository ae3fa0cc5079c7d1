/** A tool may say that nobody knows what became of its call: then somebody is asked, as after a crash (R7). */
import t from 'tap';
import { AppError } from '../../../../src/base/errors.js';
import { countingTool } from '../../../support/counting-tool.js';
import { approve, setUpCalls, told } from '../../../support/tool-calls.js';

const lost = () => {
  throw new AppError('TOOL_OUTCOME_UNKNOWN', { message: 'the connection broke' });
};

t.test('a once call of unknown outcome is asked about in its own step, with those beside it answered (R7, W-39)', async (t) => {
  const send = countingTool('send', 'once', {}, () => (send.executed.length < 3 ? lost() : { content: 'sent' }));
  const look = countingTool('look', 'pure');
  const { agent, run } = setUpCalls(
    t,
    [send, look],
    [
      { id: 'o', name: 'send' },
      { id: 'p', name: 'look' },
    ],
  );
  await run.toRest(agent);
  t.match(run.last, { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED' });
  t.match(run.questions, [{ type: 'tool_outcome_request', tool_call_id: 'o', attempt: 1, started_at: /Z$/ }]);
  t.match(run.ledger.statuses(), { o: 'unknown' });
  t.match(run.results['p'], 'look 1');
  t.equal(send.executed.length, 1);
  run.say(told('o', 'retry'));
  await run.toRest(agent);
  t.equal(send.executed.length, 2);
  t.match(run.questions, [{ attempt: 2 }], 'each retry is its own attempt');
  run.say(told('o', 'retry'));
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.match(run.results['o'], 'sent');
  t.equal(look.executed.length, 1);
});

t.test('so it is for a call that somebody approved; the approval is not asked for again', async (t) => {
  const send = countingTool('send', 'once', { requiresApproval: true }, lost);
  const { agent, run } = setUpCalls(t, [send], [{ id: 'o', name: 'send' }]);
  await run.toRest(agent);
  run.say(approve('o'));
  await run.toRest(agent);
  t.match(run.questions, [{ type: 'tool_outcome_request', tool_call_id: 'o' }]);
  run.say('skip');
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.equal(send.executed.length, 1);
});

t.test('a call that may be repeated has an error result instead', async (t) => {
  const put = countingTool('put', 'idempotent', {}, lost);
  const { agent, run } = setUpCalls(t, [put], [{ id: 'i', name: 'put' }]);
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.match(run.results['i'], /^Error: the connection broke/);
});
