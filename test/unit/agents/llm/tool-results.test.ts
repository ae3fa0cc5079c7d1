import t from 'tap';
import { storeResult } from '../../../../src/agents/llm/store-result.js';
import { readStoredResult } from '../../../../src/tasks/stored-tool-result.js';
import { userMessage } from '../../../contract/language-model.js';
import { countingTool } from '../../../support/counting-tool.js';
import { createTestAgent } from '../../../support/llm-agent.js';
import { createScriptedModel } from '../../../support/scripted-llm.js';
import { TestRun } from '../../../support/test-run.js';

const image = { type: 'file', raw: 'iVBORw0KGgo=', mediaType: 'image/png', filename: 'plot.png' } as const;
const bounds = { tool: 'draw', maxToolOutputLength: 0, maxBytes: 1_000 };

t.test('changes of the state are merged in the order of the calls and seen by the next step (SES-03, TOOL-52)', async (t) => {
  const seen: unknown[] = [];
  const set = countingTool('set', 'pure', {}, (args, { sessionState }) => {
    seen.push(sessionState);
    return { content: 'set', sessionState: { last: args['to'] as string, [`${String(args['to'])}`]: true } };
  });
  const once = countingTool('keep', 'once', {}, () => ({ content: 'kept', sessionState: { 'user:kept': 1, last: null as never } }));
  const model = createScriptedModel(t, [
    { say: [{ call: { name: 'set', arguments: { to: 'a' } } }, { call: { name: 'set', arguments: { to: 'b' } } }] },
    { say: [{ call: { name: 'set', arguments: { to: 'c' } } }, { call: { name: 'keep' } }] },
    { say: ['Done'] },
  ]);
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(createTestAgent(model, { tools: [set, once] }));
  t.same(run.state, { a: true, b: true, c: true, 'user:kept': 1 });
  t.same(seen, [{}, {}, { last: 'b', a: true, b: true }]);
  t.equal(run.last.type, 'finished');
});

t.test('files of a result reach the model with it, and clients are told what they are', async (t) => {
  const draw = countingTool('draw', 'pure', {}, () => ({ content: 'drawn', files: [image] }));
  const model = createScriptedModel(t, [
    { say: [{ call: { name: 'draw' } }] },
    {
      expect: ({ messages }) => t.match(messages.at(-1)?.parts, [{ type: 'tool_result', content: 'drawn', files: [image] }]),
      say: ['Done'],
    },
  ]);
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(createTestAgent(model, { tools: [draw] }));
  t.match(run.parts[1], { data: { type: 'tool_result', files: [{ filename: 'plot.png', media_type: 'image/png' }] } });
  t.notOk(JSON.stringify(run.parts).includes(image.raw), 'the file itself is stored once');
});

t.test('what is too large, or no file, is left out, and the content says so', async (t) => {
  const stored = storeResult({ content: 'c', files: [image, { ...image, raw: 'x'.repeat(2_000) }, { type: 'file' }, 7] }, bounds);
  t.same(stored.files, [image]);
  t.match(
    stored.content,
    /^c\n\[plot\.png was left out: 2\d\d\d bytes exceeded what is left of server\.limits\.max_tool_bytes\]\n\[file 3 .*\n\[file 4/,
  );
  t.match(storeResult({ content: 'c', sessionState: { big: 'x'.repeat(2_000) } }, bounds), {
    content: /sessionState was left out/,
    sessionState: undefined,
  });
  t.match(storeResult({ content: 'c', sessionState: { _hector_summary_a: 1 } }, bounds), {
    content: /'_hector_summary_a' is no name/,
    sessionState: undefined,
  });
  t.match(storeResult({ content: 'c', sessionState: [1] }, bounds).content, /it is no object/);
  const large = {
    content: 'c',
    artifacts: [
      { name: 'a', text: 'x' },
      { name: 'b', text: 'x'.repeat(2_000) },
    ],
  };
  t.match(storeResult(large, bounds), { content: /artifacts was left out: 2\d\d\d bytes/, artifacts: undefined });
  t.match(
    storeResult({ content: 'c', artifacts: [{ name: 'a', parts: ['x'] }] }, bounds).content,
    /artifacts were left out: the artifact 'a' must/,
  );
});

t.test('a result that is read back from the ledger has its files and its changes of the state (R7)', async (t) => {
  const stored = storeResult(
    { content: 'c', files: [image], sessionState: { a: 1 }, data: [1], artifacts: [{ name: 'a', text: 'x' }] },
    bounds,
  );
  t.same(stored.artifacts, [{ name: 'a', parts: [{ text: 'x' }] }]);
  t.same(readStoredResult(JSON.parse(JSON.stringify(stored))), stored);
});

t.test('what tools show while they run grows an artifact per call, whose text the step brings whole (TOOL-21, R9, API-51)', async (t) => {
  const previews: (readonly [string, string])[] = [];
  const build = countingTool('build', 'pure', {}, (_, context) => {
    context.progress('one\n');
    context.progress('[stderr] two\n');
    context.progress('z'.repeat(20_000));
    context.progress('never shown');
    return { content: 'built' };
  });
  const quiet = countingTool('quiet', 'once');
  const model = createScriptedModel(t, [{ say: [{ call: { name: 'build' } }, { call: { name: 'quiet' } }] }, { say: ['Done'] }]);
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(createTestAgent(model, { tools: [build, quiet] }), { preview: (id, text) => previews.push([id, text]) });
  const shown = previews.filter(([id]) => id === 'tool:call-1-0').map(([, text]) => text);
  t.same(shown.slice(0, 2), ['one\n', '[stderr] two\n']);
  t.same(run.artifacts.get('tool:call-1-0'), [{ text: shown.join('') }]);
  t.match(shown.at(-1), /z\n\[more output is not shown\]$/);
  t.ok(shown.join('').length < 16_500);
  t.notOk(run.artifacts.has('tool:call-1-1'), 'who shows nothing has no artifact');
  t.match(run.parts.at(-1), { text: 'Done' });
});

t.test('an agent that does not stream shows no output of tools', async (t) => {
  const build = countingTool('build', 'pure', {}, (_, context) => {
    context.progress('one');
    return { content: 'built' };
  });
  const model = createScriptedModel(t, [{ say: [{ call: { name: 'build' } }] }, { say: ['Done'] }]);
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(createTestAgent(model, { tools: [build] }, { streaming: false }), { preview: () => t.fail('nothing is previewed') });
  t.same([...run.artifacts.keys()], ['response']);
});

t.test('thinking has an artifact of its own per model call; its signature stays in the session (AGT-12, API-51)', async (t) => {
  const previews: (readonly [string, string])[] = [];
  const look = countingTool('look', 'pure');
  const model = createScriptedModel(t, [
    { say: [{ thinking: 'Hm, ' }, { thinking: 'look.', signature: 'sig-1' }, 'Let me.', { thinking: 'Now.' }, { call: { name: 'look' } }] },
    {
      expect: ({ messages }) =>
        t.match(messages[1]?.parts, [
          { type: 'thinking', text: 'Hm, look.', signature: 'sig-1' },
          { type: 'text' },
          { type: 'thinking' },
          {},
        ]),
      say: [{ thinking: 'Good.' }, 'Done'],
    },
  ]);
  const run = new TestRun([userMessage('Go')]);
  await run.toRest(createTestAgent(model, { tools: [look] }), { preview: (id, text) => previews.push([id, text]) });
  t.same(run.artifacts.get('thinking-1'), [
    { text: 'Hm, look.', metadata: { type: 'thinking', id: 'thinking-1-1', status: 'completed' } },
    { text: 'Now.', metadata: { type: 'thinking', id: 'thinking-1-2', status: 'completed' } },
  ]);
  t.match(run.artifacts.get('thinking-2'), [{ text: 'Good.' }]);
  t.equal(
    previews.flatMap(([id, text]) => (id === 'thinking-1' ? [text] : [])).join(''),
    'Hm, look.Now.',
    'what was previewed is what is committed',
  );
  t.notOk(JSON.stringify([...run.artifacts]).includes('sig-1'));
});
