import t, { type Test } from 'tap';
import { AppError } from '../../../../src/base/errors.js';
import { armFaultPoint } from '../../../../src/base/fault-points.js';
import { isJsonObject, type JsonObject } from '../../../../src/base/json.js';
import type { Tool, ToolResult } from '../../../../src/providers/tools/contract.js';
import { countingTool } from '../../../support/counting-tool.js';
import { createTestAgent } from '../../../support/llm-agent.js';
import { createScriptedModel } from '../../../support/scripted-llm.js';
import { hashOf, setUpCalls, told } from '../../../support/tool-calls.js';

t.test('a call that changes something runs when the answer that asks for it is committed, between intent and result (R7)', async (t) => {
  const charge = countingTool('charge', 'once', {}, () => {
    t.match(run.ledger.statuses(), { a: 'intended' }, 'the intent is there before the call');
    return { content: 'charged', data: { sources: [{ store: 's', documentId: 'd', startLine: 1, endLine: 2 }] } };
  });
  const { agent, run } = setUpCalls(t, [charge], [{ id: 'a', name: 'charge', arguments: { cents: 5 } }]);
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
  const { agent, run } = setUpCalls(t, [countingTool('look', 'pure')], [{ name: 'look' }, { name: 'nothing' }]);
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
    const look = countingTool('look', 'pure');
    const { agent, run } = setUpCalls(t, [look], [{ id: 'a', name: 'look' }]);
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
  const both = countingTool('both', 'once', {}, async () => {
    begun += 1;
    if (begun === 2) release();
    await together;
    return { content: 'x' };
  });
  const { agent, run } = setUpCalls(
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
  const look = countingTool('look', 'pure');
  const set = countingTool('set', 'idempotent');
  const send = countingTool('send', 'once');
  const { agent, run } = setUpCalls(
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
  const { agent, run, model } = setUpCalls(t, [send], [{ id: 'o', name: 'send', arguments: { to: 'Ada' } }]);
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
    const send = countingTool('send', 'once');
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
  const send = countingTool('send', 'once');
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

t.test('an abort in a once call leaves its intent; what the tool still says is kept while nobody else has the run', async (t) => {
  const late = async (lose: boolean) => {
    let settle: (result: ToolResult) => void = () => {};
    const stop = new AbortController();
    const send = countingTool('send', 'once', {}, () => {
      setImmediate(() => stop.abort(new AppError('STEP_ABORTED')));
      return new Promise((resolve) => {
        settle = resolve;
      });
    });
    const { agent, run } = setUpCalls(t, [send], [{ id: 'o', name: 'send' }], []);
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

t.test('a result that arrives after the abort is kept although the database is away for a moment (R7)', async (t) => {
  let settle: (result: ToolResult) => void = () => {};
  const stop = new AbortController();
  const send = countingTool('send', 'once', {}, () => {
    setImmediate(() => stop.abort(new AppError('TASK_CANCELED')));
    return new Promise((resolve) => {
      settle = resolve;
    });
  });
  const { agent, run } = setUpCalls(t, [send], [{ id: 'o', name: 'send' }], []);
  await run.step(agent);
  let failures = 0;
  const kept = new Promise<void>((resolve) => {
    const record = async (calls: Parameters<typeof run.ledger.record>[0]) => {
      if (stop.signal.aborted && failures++ < 3) throw new AppError('DATABASE_UNAVAILABLE');
      await run.ledger.record(calls);
      if (stop.signal.aborted) resolve();
    };
    void t.rejects(run.crash(agent, { signal: stop.signal, ledger: { ...run.ledger, record } }), { code: 'TASK_CANCELED' }).then(() => {
      settle({ content: 'sent after all' });
    });
  });
  await kept;
  t.equal(failures, 4);
  t.match(run.ledger.rows.get('o'), { status: 'done', result: { content: 'sent after all' } });
});

t.test('a once call that stops for the abort leaves its intent: nobody knows what it did', async (t) => {
  const stop = new AbortController();
  const send = countingTool('send', 'once', {}, (_, { signal }) => {
    setImmediate(() => stop.abort(new AppError('TASK_CANCELED')));
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  const { agent, run } = setUpCalls(t, [send], [{ id: 'o', name: 'send' }], []);
  await run.step(agent);
  await t.rejects(run.crash(agent, { signal: stop.signal }), { code: 'TASK_CANCELED' });
  await new Promise(setImmediate);
  t.same(run.ledger.statuses(), { o: 'intended' });
});

t.test('a lost run starts no call; a database that is away for a moment costs no result (R3)', async (t) => {
  const send = countingTool('send', 'once');
  const { agent, run } = setUpCalls(t, [send], [{ id: 'o', name: 'send' }]);
  await run.step(agent);
  const lost = { ...run.ledger, record: () => Promise.reject(new AppError('TASK_LOST')) };
  await t.rejects(run.crash(agent, { ledger: lost }), { code: 'TASK_LOST' });
  t.equal(send.executed.length, 0);
  let failures = 0;
  const shaky = {
    ...run.ledger,
    record: async (calls: Parameters<typeof run.ledger.record>[0]) => {
      // The first write arrives, but nobody hears of it.
      if (failures === 0) await run.ledger.record(calls);
      if (failures++ < 4 && failures !== 3) throw new AppError('DATABASE_UNAVAILABLE');
      await run.ledger.record(calls);
    },
  };
  await run.toRest(agent, { ledger: shaky });
  t.equal(run.last.type, 'finished');
  t.equal(send.executed.length, 1);
  t.same(run.ledger.statuses(), { o: 'done' });
});

t.test('unparsable arguments of a committed answer are still an error result (AGT-07)', async (t) => {
  const send = countingTool('send', 'once');
  const { agent, run } = setUpCalls(
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
  const { agent, run } = setUpCalls(t, [countingTool('send', 'once')], [{ name: 'send' }], []);
  await run.step(agent);
  run.history = run.history.slice(0, 1);
  t.match(await run.toRest(agent), { type: 'failed', statusMessage: { parts: [{ text: /no longer in its session/ }] } });
});

t.test(
  'a call that was begun as once is not run again because the configuration says otherwise now, nor the other way round',
  async (t) => {
    for (const [before, after] of [
      ['once', 'idempotent'],
      ['idempotent', 'once'],
    ] as const) {
      const send = countingTool('send', after);
      const { agent, run } = setUpCalls(t, [countingTool('send', before)], [{ id: 'o', name: 'send' }], []);
      await run.step(agent);
      const disarm = armFaultPoint('tool.after-intent', () => {
        throw new Error('dead');
      });
      await t.rejects(run.crash(agent), { message: 'dead' });
      disarm();
      await run.toRest(createTestAgent(createScriptedModel(t, []), { tools: [send] }));
      t.match(run.questions, [{ type: 'tool_outcome_request', tool_call_id: 'o' }]);
      t.equal(send.executed.length, 0);
    }
  },
);

t.test('a once call whose tool is gone is asked about all the same; to run it again is no longer possible', async (t) => {
  const { agent, run } = await dieInCall(t, countingTool('send', 'once'));
  const without = createTestAgent(createScriptedModel(t, []), { tools: [] });
  await run.toRest(without);
  t.match(run.questions, [{ type: 'tool_outcome_request', tool_call_id: 'o', tool_name: 'send', arguments: { to: 'Ada' } }]);
  run.say('retry');
  await run.step(without);
  t.match(run.results['o'], /^Error: the tool 'send' has changed/);
  await run.toRest(agent);
});

t.test('all pages that a search of the web found are shown, each once (API-52)', async (t) => {
  const sources = ['https://a.example', 'https://b.example', 'https://a.example'].map((url) => ({ title: 'A page', url }));
  const search = countingTool('search', 'pure', {}, () => ({ content: 'found', data: { sources } }));
  const { agent, run } = setUpCalls(t, [search], [{ id: 'a', name: 'search', arguments: {} }]);
  await run.toRest(agent);
  const told = run.parts.filter(({ data }) => isJsonObject(data) && data['sources'] !== undefined);
  t.same(told, [{ data: { sources: sources.slice(0, 2) } }]);
});
