import t from 'tap';
import { armFaultPoint } from '../../../../src/base/fault-points.js';
import type { JsonObject } from '../../../../src/base/json.js';
import { countingTool } from '../../../support/counting-tool.js';
import { createTestAgent } from '../../../support/llm-agent.js';
import { createScriptedModel } from '../../../support/scripted-llm.js';
import { approve, deny, hashOf, setUpCalls } from '../../../support/tool-calls.js';

t.test('a call that needs approval waits, the others run first; approved it runs exactly once (TOOL-60, TOOL-61, API-55)', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true, approvalPrompt: 'Pay {cents} {unit} to {to}{nobody}?' });
  const look = countingTool('look', 'pure');
  const { agent, run, model } = setUpCalls(
    t,
    [pay, look],
    [
      { id: 'a', name: 'pay', arguments: { cents: 500, to: 'x'.repeat(2_000) } },
      { id: 'b', name: 'look' },
      { id: 'c', name: 'fly' },
    ],
  );
  await run.toRest(agent);
  t.same([pay.executed.length, look.executed.length], [0, 1]);
  t.same(run.ledger.statuses(), { a: 'awaiting' });
  t.match(run.questions, [
    {
      type: 'tool_approval_request',
      tool_call_id: 'a',
      tool_name: 'pay',
      arguments: { cents: 500, unit: 'EUR', to: /^x{2000}$/ },
      arguments_hash: hashOf({ cents: 500, unit: 'EUR', to: 'x'.repeat(2_000) }),
      prompt: /^Pay 500 EUR to x+… \[2000 characters\]\{nobody\}\?/,
    },
  ]);
  t.ok(run.questionText.length < 1_500, 'people get a text of a sane length');
  t.match(run.questionText, /pay \{"cents":500.*Answer approve or deny/s);
  t.match(run.last.type === 'wait' && run.last.statusMetadata, {
    input_required: true,
    long_running_tool_ids: ['a'],
    input_prompt: run.questionText,
  });
  t.match(run.results, { b: 'look 1', c: /unknown tool/ });
  t.notOk('a' in run.results);

  const answer = run.say(approve('a', { tool_name: 'pay' }));
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.same([pay.executed.length, look.executed.length], [1, 1]);
  t.match(run.ledger.rows.get('a'), { status: 'done', decision: { messageId: answer }, result: { content: 'pay 1' } });
  t.same(
    model.requests[1]?.messages.map(({ role, parts }) => [role, parts.length]),
    [
      ['user', 1],
      ['agent', 4],
      ['tool', 3],
    ],
    'the model reads one merged answer, and no decision (AGT-05)',
  );
  t.same(
    model.requests[1]?.messages[2]?.parts.map((part) => part.type === 'tool_result' && part.callId),
    ['a', 'b', 'c'],
  );
  const shown = run.parts.flatMap(({ data }) => ((data as JsonObject | undefined)?.['type'] === 'tool_result' ? [data as JsonObject] : []));
  t.same(
    shown.map((data) => [data['tool_call_id'], data['requires_approval']]),
    [
      ['b', undefined],
      ['c', undefined],
      ['a', true],
    ],
    'each result is shown once, when it came',
  );
});

t.test('denied: the tool does not run and the model reads why (TOOL-61)', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true });
  const { agent, run } = setUpCalls(t, [pay], [{ id: 'a', name: 'pay' }]);
  await run.toRest(agent);
  run.say(deny('a', { reason: 'over budget' }));
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.equal(pay.executed.length, 0);
  t.equal(run.results['a'], 'TOOL_EXECUTION_DENIED: over budget');
  t.match(run.ledger.rows.get('a'), { status: 'denied', result: { isError: true } });
});

t.test('several calls are decided separately; each runs as soon as it is decided (TOOL-62)', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true }, ({ n }) => ({ content: `paid ${String(n)}` }));
  const { agent, run, model } = setUpCalls(
    t,
    [pay],
    [1, 2, 3].map((n) => ({ id: `c${n}`, name: 'pay', arguments: { n } })),
  );
  await run.toRest(agent);
  t.equal(run.questions.length, 3);
  run.say('approve');
  await run.toRest(agent);
  t.equal(pay.executed.length, 0, 'a word is not enough while three are open');
  t.match(run.questionText, /3 calls wait, so 'approve' alone/);
  run.say(approve('c2'));
  await run.toRest(agent);
  t.same(run.results, { c2: 'paid 2' });
  t.same(
    run.questions.map((question) => question['tool_call_id']),
    ['c1', 'c3'],
  );
  run.say(deny('c2'), deny('c3'));
  await run.toRest(agent);
  t.match(run.questionText, /'c2' is decided already; the first decision stands/);
  run.say('approved');
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.match(run.results, { c1: 'paid 1', c2: 'paid 2', c3: /^TOOL_EXECUTION_DENIED/ });
  t.equal(pay.executed.length, 2);
  t.same(
    model.requests.at(-1)?.messages.map(({ role }) => role),
    ['user', 'agent', 'tool'],
  );
});

t.test('one approval is for one call with these arguments: another call of the tool waits again (W-30)', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true });
  const { agent, run } = setUpCalls(
    t,
    [pay],
    [{ id: 'a', name: 'pay', arguments: { cents: 1 } }],
    [{ say: [{ call: { id: 'b', name: 'pay', arguments: { cents: 1 } } }] }, { say: ['Done.'] }],
  );
  await run.toRest(agent);
  run.say(approve('a', { arguments_hash: hashOf({ cents: 2, unit: 'EUR' }) }));
  await run.toRest(agent);
  t.equal(pay.executed.length, 0, 'other arguments than those shown');
  t.match(run.questionText, /arguments_hash for call 'a' is not that of its arguments/);
  run.say(approve('a', { arguments_hash: hashOf({ cents: 1, unit: 'EUR' }) }));
  await run.toRest(agent);
  t.equal(pay.executed.length, 1);
  t.match(run.questions, [{ tool_call_id: 'b' }]);
  run.say(approve('a', { tool_name: 'pay' }));
  await run.toRest(agent);
  t.equal(pay.executed.length, 1);
  run.say('deny');
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
});

t.test('a tool whose schema changed while a call waited asks again: what was shown is not what would run', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true });
  const { agent, run } = setUpCalls(t, [pay], [{ id: 'a', name: 'pay' }], []);
  await run.toRest(agent);
  const changed = countingTool('pay', 'once', {
    requiresApproval: true,
    parameters: { type: 'object', properties: { unit: { type: 'string', default: 'USD' } } },
  });
  const later = createTestAgent(createScriptedModel(t, [{ say: ['Done.'] }]), { tools: [changed] });
  run.say('approve');
  await run.toRest(later);
  t.equal(changed.executed.length, 0);
  t.match(run.questions, [{ arguments: { unit: 'USD' }, arguments_hash: hashOf({ unit: 'USD' }) }]);
  run.say('approve');
  await run.toRest(later);
  t.equal(changed.executed.length, 1);
});

t.test('a message that decides nothing runs nothing; the model reads it when the calls are answered', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true });
  const { agent, run, model } = setUpCalls(t, [pay], [{ id: 'a', name: 'pay' }]);
  await run.toRest(agent);
  run.say('what would it do?');
  await run.toRest(agent);
  t.match(run.questionText, /^The message decides nothing/);
  t.equal(pay.executed.length, 0);
  run.say(approve('a'));
  await run.toRest(agent);
  t.same(
    model.requests.at(-1)?.messages.map(({ role, parts }) => (role === 'user' && parts[0]?.type === 'text' ? parts[0].text : role)),
    ['Go', 'agent', 'tool', 'what would it do?'],
  );
});

t.test('a worker that dies acting on a decision: done is kept, the rest goes by effect, nothing is decided twice', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true });
  const look = countingTool('look', 'pure', { requiresApproval: true });
  const set = countingTool('set', 'idempotent', { requiresApproval: true });
  const { agent, run } = setUpCalls(
    t,
    [pay, look, set],
    [
      { id: 'p', name: 'pay' },
      { id: 'l', name: 'look' },
      { id: 's', name: 'set' },
      { id: 'n', name: 'pay' },
    ],
  );
  await run.toRest(agent);
  const answer = run.say(approve('p'), approve('l'), approve('s'), deny('n', { reason: 'no' }));
  const disarm = armFaultPoint('tool.after-intent', () => {
    throw new Error('dead');
  });
  await t.rejects(run.crash(agent), { message: 'dead' });
  disarm();
  t.same(run.ledger.statuses(), { p: 'intended', l: 'approved', s: 'intended', n: 'denied' }, 'all decisions of a message, or none');
  await run.toRest(agent);
  t.same(
    [pay, look, set].map(({ executed }) => executed.length),
    [0, 1, 1],
  );
  t.match(run.questions, [{ type: 'tool_outcome_request', tool_call_id: 'p' }]);
  t.notMatch(run.questionText, /decided already/);
  t.match(run.ledger.rows.get('p'), { status: 'unknown', decision: { messageId: answer } });
  run.say('retry');
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.equal(pay.executed.length, 1);
  t.match(run.results, { n: 'TOOL_EXECUTION_DENIED: no' });
});

t.test('a question shows what arguments hide: terminal sequences, overrides of direction, hidden tags (TOOL-60)', async (t) => {
  const pay = countingTool('pay', 'once', { requiresApproval: true, approvalPrompt: 'Pay {to}?' });
  const to = 'Ada\u001b[2K\rBob \u202eevil\u{e0041}';
  const { agent, run } = setUpCalls(t, [pay], [{ id: 'a', name: 'pay', arguments: { cents: 1, to } }]);
  await run.toRest(agent);
  t.match(run.questionText, 'Pay Ada\\u001b[2K\\u000dBob \\u202eevil\\udb40\\udc41?');
  for (const unseen of ['\u001b', '\r', '\u202e']) t.notOk(run.questionText.includes(unseen));
  t.match(run.questions, [{ arguments: { to }, prompt: /^Pay Ada\\u001b/ }], 'programs get the arguments as they are');
  run.say(deny('a'));
  await run.toRest(agent);
});
