import t from 'tap';
import { jsonBytes } from '../../../../src/agents/llm/json-bytes.js';
import { createArgumentsLimit } from '../../../../src/agents/llm/limit-arguments.js';
import { storeResult } from '../../../../src/agents/llm/store-result.js';
import type { ToolResult } from '../../../../src/providers/tools/contract.js';
import { userMessage } from '../../../contract/language-model.js';
import { countingTool } from '../../../support/counting-tool.js';
import { createTestAgent } from '../../../support/llm-agent.js';
import { createScriptedModel } from '../../../support/scripted-llm.js';
import { TestRun } from '../../../support/test-run.js';
import { setUpCalls } from '../../../support/tool-calls.js';

const store = (returned: unknown, maxBytes = 1_000, maxToolOutputLength = 0) =>
  storeResult(returned, { tool: 'pay', maxToolOutputLength, maxBytes });

t.test('a result is kept as it is up to the limit; beyond it, it says what is missing', async (t) => {
  t.same(store({ content: 'x'.repeat(1_000), isError: true, data: { a: [1, null] } }), {
    content: 'x'.repeat(1_000),
    isError: true,
    data: { a: [1, null] },
  });
  for (const text of [
    'x'.repeat(5_000),
    '"'.repeat(5_000),
    '\u0000'.repeat(400),
    '😀'.repeat(2_000),
    `${'"'.repeat(900)}${'x'.repeat(9_000)}`,
  ]) {
    const { content } = store({ content: text });
    const [kept = ''] = content.split('... [TRUNCATED by server: ');
    t.ok(text.startsWith(kept));
    t.ok(jsonBytes(kept) <= 1_000 && jsonBytes(kept) > 700, `${jsonBytes(kept)} bytes`);
    t.match(content, `[TRUNCATED by server: ${Buffer.byteLength(text)} bytes exceeded server.limits.max_tool_bytes]`);
    t.notMatch(content, /[\ud800-\udbff](?![\udc00-\udfff])/, 'no half of a character');
  }
  t.same(store({ content: 'ok', data: { sources: ['x'.repeat(2_000)] } }), {
    content: 'ok\n[data was left out: 2016 bytes exceeded server.limits.max_tool_bytes]',
    isError: false,
  });
  t.match(store({ content: 'x'.repeat(5_000) }, 1_000, 10).content, /^x{10}\.\.\. \[TRUNCATED by client: output length 5000/);
});

t.test('what is no result becomes an error that names the tool; data that is no JSON is left out', async (t) => {
  for (const [returned, found] of [
    [undefined, 'undefined'],
    [null, 'null'],
    ['done', 'string'],
    [['done'], 'a list'],
    [{}, 'an object whose content is undefined'],
    [{ content: { ok: true } }, 'an object whose content is object'],
    [{ content: null, data: 1 }, 'an object whose content is null'],
  ] as const) {
    t.same(store(returned), {
      content: `Error: the tool 'pay' ran and returned ${found}; wanted an object whose content is a text`,
      isError: true,
    });
  }
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  for (const data of [circular, 1n, () => 1])
    t.same(store({ content: 'ok', data }), { content: 'ok\n[data was left out: it is no JSON]', isError: false });
  t.same(store({ content: 'ok', isError: 'no' }), { content: 'ok', isError: false });
});

t.test('a tool that returns rubbish after it acted: the run goes on, and the ledger knows (R7)', async (t) => {
  for (const rubbish of [undefined, { content: { paid: true } }, {}]) {
    const pay = countingTool('pay', 'once', {}, () => rubbish as unknown as ToolResult);
    const { agent, run } = setUpCalls(t, [pay], [{ id: 'a', name: 'pay' }]);
    await run.toRest(agent);
    t.equal(run.last.type, 'finished');
    t.equal(pay.executed.length, 1);
    t.match(run.ledger.rows.get('a'), { status: 'done', result: { content: /^Error: the tool 'pay' ran and returned/, isError: true } });
    t.match(run.results['a'], /^Error: the tool 'pay'/);
  }
  const sync = { ...countingTool('pay', 'once'), execute: () => ({ content: 'at once' }) as never };
  const { agent, run } = setUpCalls(t, [sync], [{ id: 'a', name: 'pay' }]);
  await run.toRest(agent);
  t.equal(run.results['a'], 'at once');
});

t.test('huge results of one answer are bounded together, in the ledger, the session and the events', async (t) => {
  const huge = countingTool('huge', 'once', {}, () => ({
    content: 'x'.repeat(500_000),
    data: { sources: [{ text: 'y'.repeat(500_000) }] },
  }));
  const model = createScriptedModel(t, [
    { say: Array.from({ length: 10 }, (_, index) => ({ call: { id: `c${index}`, name: 'huge' } })) },
    { say: ['Done.'] },
  ]);
  const agent = createTestAgent(model, { tools: [huge], maxToolBytes: 10_000 });
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(agent);
  t.equal(run.last.type, 'finished');
  t.equal(huge.executed.length, 10);
  for (const outcome of run.outcomes) t.ok(JSON.stringify(outcome).length < 80_000, `${JSON.stringify(outcome).length}`);
  for (const write of run.ledger.writes) t.ok(JSON.stringify(write).length < 60_000);
  t.match(run.results['c3'], /TRUNCATED by server: 500000 bytes[^]*data was left out/);
});

t.test('arguments beyond the limit are an error result, and are kept nowhere (AGT-07)', async (t) => {
  const limit = createArgumentsLimit(1_000);
  const call = (size: number) => ({ type: 'tool_call', id: 'a', name: 'pay', arguments: { text: 'x'.repeat(size) } }) as const;
  t.same(limit(call(900)), call(900));
  t.same(limit(call(990)), { ...call(0), arguments: {}, argumentsBytes: 1_001 });
  for (let time = 0; time < 3; time++) t.same(limit(call(900)), call(900));
  t.match(limit(call(900)), { argumentsBytes: 911 }, 'those of one answer are bounded together');
  t.equal(limit({ ...call(0), arguments: {}, invalidArguments: 'x'.repeat(9_000) }).invalidArguments?.length, 4_096);

  const pay = countingTool('pay', 'once');
  const model = createScriptedModel(t, [
    { say: [{ call: { id: 'a', name: 'pay', arguments: { text: 'x'.repeat(20_000) } } }] },
    { say: ['Sorry.'] },
  ]);
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(createTestAgent(model, { tools: [pay], maxToolBytes: 10_000 }));
  t.equal(run.last.type, 'finished');
  t.equal(pay.executed.length, 0);
  t.match(run.results['a'], /^Error: the arguments of 'pay' have 20011 bytes/);
  t.ok(JSON.stringify([run.history, run.parts]).length < 2_000);
});
