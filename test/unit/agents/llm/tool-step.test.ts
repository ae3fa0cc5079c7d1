import t, { type Test } from 'tap';
import { AppError } from '../../../../src/base/errors.js';
import { armFaultPoint } from '../../../../src/base/fault-points.js';
import { canonicalJson, type JsonObject, sha256Hex } from '../../../../src/base/json.js';
import type { Tool, ToolContext, ToolResult } from '../../../../src/providers/tools/contract.js';
import { userMessage } from '../../../contract/language-model.js';
import { createTestAgent, TestRun } from '../../../support/llm-agent.js';
import { createScriptedModel, type ScriptedCall, type ScriptedTurn } from '../../../support/scripted-llm.js';

type Execute = (args: JsonObject, context: ToolContext) => ToolResult | Promise<ToolResult>;

/** A tool that counts. */
function tool(name: string, effect: Tool['effect'], more: Partial<Omit<Tool, 'execute'>> = {}, execute?: Execute) {
  const executed: { args: JsonObject; context: ToolContext }[] = [];
  return {
    name,
    description: name,
    parameters: { type: 'object', properties: { unit: { type: 'string', default: 'EUR' } } },
    effect,
    executed,
    ...more,
    execute: async (args: JsonObject, context: ToolContext) => {
      executed.push({ args, context });
      return execute === undefined ? { content: `${name} ${executed.length}` } : execute(args, context);
    },
  };
}

function setUp(t: Test, tools: readonly Tool[], calls: readonly ScriptedCall[], then: readonly ScriptedTurn[] = [{ say: ['Done.'] }]) {
  const model = createScriptedModel(t, [{ say: ['Let me. ', ...calls.map((call) => ({ call }))] }, ...then]);
  return { agent: createTestAgent(model, { tools, approvalExpiresAfterMs: 60_000 }), run: new TestRun([userMessage('Go')]), model };
}

const hashOf = (args: JsonObject) => sha256Hex(canonicalJson(args));
const approve = (callId: string, more: JsonObject = {}) => ({ type: 'tool_approval', decision: 'approve', tool_call_id: callId, ...more });
const deny = (callId: string, more: JsonObject = {}) => ({ type: 'tool_approval', decision: 'deny', tool_call_id: callId, ...more });
const told = (callId: string, outcome: string, more: JsonObject = {}) => ({ type: 'tool_outcome', outcome, tool_call_id: callId, ...more });

t.test('a call that changes something runs when the answer that asks for it is committed, between intent and result (R7)', async (t) => {
  const charge = tool('charge', 'once', {}, () => {
    t.match(run.ledger.statuses(), { a: 'intended' }, 'the intent is there before the call');
    return { content: 'charged', data: { sources: [{ store: 's', documentId: 'd', startLine: 1, endLine: 2 }] } };
  });
  const { agent, run } = setUp(t, [charge], [{ id: 'a', name: 'charge', arguments: { cents: 5 } }]);
  const first = await run.step(agent);
  t.match(first, { type: 'continue', durable: true, control: { phase: 'tools', callMessageId: first.messages[0]?.id } });
  t.equal(first.messages.length, 1);
  t.equal(charge.executed.length, 0);
  t.same(run.parts, [{ text: 'Let me. ' }, { data: { type: 'tool_use', id: 'a', name: 'charge', arguments: { cents: 5 } } }]);
  const second = await run.step(agent);
  t.equal(second.type, 'continue');
  t.notOk(second.control['phase']);
  t.same(
    run.ledger.writes.map((write) => write.map(({ callId, status }) => [callId, status])),
    [[['a', 'intended']], [['a', 'done']]],
  );
  t.match(run.ledger.rows.get('a'), {
    argumentsHash: hashOf({ cents: 5, unit: 'EUR' }),
    idempotencyKey: charge.executed[0]?.context.idempotencyKey,
    effect: 'once',
    tool: 'charge',
    result: { content: 'charged', isError: false },
  });
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.same(run.parts.slice(2), [
    { data: { type: 'tool_result', tool_call_id: 'a', tool_name: 'charge', content: 'charged', is_error: false } },
    { data: { sources: [{ store: 's', documentId: 'd', startLine: 1, endLine: 2 }] } },
    { text: 'Done.' },
  ]);
  t.ok(
    run.outcomes.every(({ control }) => JSON.stringify(control).length < 250),
    'control stays small (R8)',
  );
});

t.test('only pure calls, and no wish for checkpoints: model and calls are one step, without the ledger', async (t) => {
  const { agent, run } = setUp(t, [tool('look', 'pure')], [{ name: 'look' }, { name: 'nothing' }]);
  await run.step(agent);
  t.match(run.last, { type: 'continue', messages: [{ role: 'agent' }, { role: 'tool' }] });
  t.notOk(run.last.type === 'continue' && run.last.durable);
  t.equal(run.ledger.writes.length, 0);
  await run.toRest(agent);
});

t.test('checkpoints: the answer before its calls (afterModel), and the results of pure calls too (afterTools, CHK-03)', async (t) => {
  for (const checkpoint of [
    { afterModel: true, afterTools: false },
    { afterModel: false, afterTools: true },
  ]) {
    const look = tool('look', 'pure');
    const { agent, run } = setUp(t, [look], [{ id: 'a', name: 'look' }]);
    await run.step(agent, { checkpoint });
    t.match(run.last, { type: 'continue', durable: true, control: { phase: 'tools' } });
    await run.crash(agent, { checkpoint });
    await run.toRest(agent, { checkpoint });
    t.equal(run.last.type, 'finished');
    t.same(run.ledger.statuses(), checkpoint.afterTools ? { a: 'done' } : {});
    t.equal(look.executed.length, checkpoint.afterTools ? 1 : 2, 'a result that was recorded is not made again');
  }
});

t.test('results that arrive together share a write; intents are one write', async (t) => {
  let release = () => {};
  const together = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = 0;
  const both = tool('both', 'once', {}, async () => {
    begun += 1;
    if (begun === 2) release();
    await together;
    return { content: 'x' };
  });
  const { agent, run } = setUp(
    t,
    [both],
    [
      { id: 'a', name: 'both' },
      { id: 'b', name: 'both' },
    ],
  );
  await run.toRest(agent);
  t.same(
    run.ledger.writes.map((write) => write.map(({ callId, status }) => `${callId} ${status}`)),
    [
      ['a intended', 'b intended'],
      ['a done', 'b done'],
    ],
  );
});

t.test('takeover: pure again; idempotent again with the same key; what is recorded is not run again (R7)', async (t) => {
  const look = tool('look', 'pure');
  const set = tool('set', 'idempotent');
  const send = tool('send', 'once');
  const { agent, run } = setUp(
    t,
    [look, set, send],
    [
      { id: 'p', name: 'look' },
      { id: 'i', name: 'set' },
      { id: 'o', name: 'send' },
    ],
  );
  await run.step(agent);
  await run.crash(agent);
  const row = run.ledger.rows.get('i');
  if (row !== undefined) run.ledger.rows.set('i', { ...row, status: 'intended' });
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.same(
    [look, set, send].map(({ executed }) => executed.length),
    [2, 2, 1],
  );
  const keys = set.executed.map(({ context }) => context.idempotencyKey);
  t.equal(keys[0], keys[1]);
  t.not(keys[0], send.executed[0]?.context.idempotencyKey);
  t.equal(run.results['o'], 'send 1');
});

/** The process dies between intent and result. */
async function dieInCall(t: Test, send: Tool) {
  const { agent, run, model } = setUp(t, [send], [{ id: 'o', name: 'send', arguments: { to: 'Ada' } }]);
  await run.step(agent);
  const disarm = armFaultPoint('tool.after-call', () => {
    throw new Error('dead');
  });
  await t.rejects(run.crash(agent), { message: 'dead' });
  disarm();
  t.same(run.ledger.statuses(), { o: 'intended' });
  return { agent, run, model };
}

t.test('takeover: a once call whose outcome is unknown is never repeated; somebody is asked with the evidence (R7)', async (t) => {
  const decisions: [JsonObject | string, number, RegExp | string][] = [
    [told('o', 'done', { result: 'sent as 17' }), 1, 'sent as 17'],
    ['done', 1, /a person confirmed/i],
    [told('o', 'skip'), 1, /^Error: .*decided to go on/],
    [told('o', 'retry', { arguments_hash: hashOf({ to: 'Ada', unit: 'EUR' }) }), 2, 'send 2'],
  ];
  for (const [decision, times, result] of decisions) {
    const send = tool('send', 'once');
    const { agent, run } = await dieInCall(t, send);
    await run.toRest(agent);
    t.equal(send.executed.length, 1, 'it was not run again');
    t.same(run.ledger.statuses(), { o: 'unknown' });
    t.match(run.last, { type: 'wait', state: 'TASK_STATE_INPUT_REQUIRED', expiresAfterMs: 60_000 });
    t.match(run.questions, [
      {
        type: 'tool_outcome_request',
        tool_call_id: 'o',
        tool_name: 'send',
        arguments: { to: 'Ada', unit: 'EUR' },
        arguments_hash: hashOf({ to: 'Ada', unit: 'EUR' }),
        idempotency_key: send.executed[0]?.context.idempotencyKey,
        started_at: /^\d{4}-.*Z$/,
        attempt: 1,
        options: ['done', 'retry', 'skip'],
        expires_at: /Z$/,
      },
    ]);
    run.say(decision);
    await run.toRest(agent);
    t.equal(run.last.type, 'finished');
    t.equal(send.executed.length, times);
    t.match(run.results['o'], result);
    t.equal(new Set(send.executed.map(({ context }) => context.idempotencyKey)).size, 1);
  }
});

t.test('a retry that dies is asked for again as the next attempt; the decision is not applied twice', async (t) => {
  const send = tool('send', 'once');
  const { agent, run } = await dieInCall(t, send);
  await run.toRest(agent);
  const startedAt = run.questions[0]?.['started_at'];
  run.say('what happened?');
  await run.toRest(agent);
  t.match(run.questions, [{ attempt: 1, started_at: startedAt }], 'asking again changes no evidence');
  run.say('retry');
  const disarm = armFaultPoint('tool.after-call', () => {
    throw new Error('dead');
  });
  await t.rejects(run.crash(agent), { message: 'dead' });
  disarm();
  await run.toRest(agent);
  t.equal(send.executed.length, 2, 'the word retry was used up');
  t.match(run.questions, [{ attempt: 2 }]);
  run.say(told('o', 'done'));
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
});

t.test('a call that needs approval waits, the others run first; approved it runs exactly once (TOOL-60, TOOL-61, API-55)', async (t) => {
  const pay = tool('pay', 'once', { requiresApproval: true, approvalPrompt: 'Pay {cents} {unit} to {to}{nobody}?' });
  const look = tool('look', 'pure');
  const { agent, run, model } = setUp(
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
  const pay = tool('pay', 'once', { requiresApproval: true });
  const { agent, run } = setUp(t, [pay], [{ id: 'a', name: 'pay' }]);
  await run.toRest(agent);
  run.say(deny('a', { reason: 'over budget' }));
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.equal(pay.executed.length, 0);
  t.equal(run.results['a'], 'TOOL_EXECUTION_DENIED: over budget');
  t.match(run.ledger.rows.get('a'), { status: 'denied', result: { isError: true } });
});

t.test('several calls are decided separately; each runs as soon as it is decided (TOOL-62)', async (t) => {
  const pay = tool('pay', 'once', { requiresApproval: true }, ({ n }) => ({ content: `paid ${String(n)}` }));
  const { agent, run, model } = setUp(
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
  const pay = tool('pay', 'once', { requiresApproval: true });
  const { agent, run } = setUp(
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
  const pay = tool('pay', 'once', { requiresApproval: true });
  const { agent, run } = setUp(t, [pay], [{ id: 'a', name: 'pay' }], []);
  await run.toRest(agent);
  const changed = tool('pay', 'once', {
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
  const pay = tool('pay', 'once', { requiresApproval: true });
  const { agent, run, model } = setUp(t, [pay], [{ id: 'a', name: 'pay' }]);
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
  const pay = tool('pay', 'once', { requiresApproval: true });
  const look = tool('look', 'pure', { requiresApproval: true });
  const set = tool('set', 'idempotent', { requiresApproval: true });
  const { agent, run } = setUp(
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

t.test('an abort in a once call leaves its intent; what the tool still says is kept while nobody else has the run', async (t) => {
  const late = async (lose: boolean) => {
    let settle: (result: ToolResult) => void = () => {};
    const stop = new AbortController();
    const send = tool('send', 'once', {}, () => {
      setImmediate(() => stop.abort(new AppError('STEP_ABORTED')));
      return new Promise((resolve) => {
        settle = resolve;
      });
    });
    const { agent, run } = setUp(t, [send], [{ id: 'o', name: 'send' }], []);
    await run.step(agent);
    await t.rejects(run.crash(agent, { signal: stop.signal }), { code: 'STEP_ABORTED' });
    t.same(run.ledger.statuses(), { o: 'intended' });
    if (lose) run.ledger.lose();
    settle({ content: 'sent after all' });
    await new Promise(setImmediate);
    return run.ledger.rows.get('o');
  };
  t.match(await late(false), { status: 'done', result: { content: 'sent after all' } });
  t.match(await late(true), { status: 'intended' });
});

t.test('a once call that stops for the abort leaves its intent: nobody knows what it did', async (t) => {
  const stop = new AbortController();
  const send = tool('send', 'once', {}, (_, { signal }) => {
    setImmediate(() => stop.abort(new AppError('TASK_CANCELED')));
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  const { agent, run } = setUp(t, [send], [{ id: 'o', name: 'send' }], []);
  await run.step(agent);
  await t.rejects(run.crash(agent, { signal: stop.signal }), { code: 'TASK_CANCELED' });
  await new Promise(setImmediate);
  t.same(run.ledger.statuses(), { o: 'intended' });
});

t.test('a lost run starts no call; a database that is away for a moment costs no result (R3)', async (t) => {
  const send = tool('send', 'once');
  const { agent, run } = setUp(t, [send], [{ id: 'o', name: 'send' }]);
  await run.step(agent);
  const lost = { ...run.ledger, record: () => Promise.reject(new AppError('TASK_LOST')) };
  await t.rejects(run.crash(agent, { ledger: lost }), { code: 'TASK_LOST' });
  t.equal(send.executed.length, 0);
  let failures = 0;
  const shaky = {
    ...run.ledger,
    record: async (calls: Parameters<typeof run.ledger.record>[0]) => {
      if (calls[0]?.status === 'done' && failures++ < 2) throw new AppError('DATABASE_UNAVAILABLE');
      await run.ledger.record(calls);
    },
  };
  await run.toRest(agent, { ledger: shaky });
  t.equal(run.last.type, 'finished');
  t.equal(send.executed.length, 1);
  t.same(run.ledger.statuses(), { o: 'done' });
});

t.test('unparsable arguments of a committed answer are still an error result (AGT-07)', async (t) => {
  const send = tool('send', 'once');
  const { agent, run } = setUp(
    t,
    [send],
    [
      { id: 'a', name: 'send', invalidArguments: '{"to":' },
      { id: 'b', name: 'send' },
    ],
  );
  await run.toRest(agent);
  t.match(run.results, { a: /not a JSON object: \{"to":/, b: 'send 1' });
  t.same(run.ledger.statuses(), { b: 'done' });
});

t.test('a run whose calls are no longer in its session fails and says so', async (t) => {
  const { agent, run } = setUp(t, [tool('send', 'once')], [{ name: 'send' }], []);
  await run.step(agent);
  run.history = run.history.slice(0, 1);
  t.match(await run.toRest(agent), { type: 'failed', statusMessage: { parts: [{ text: /no longer in its session/ }] } });
});
