import t, { type Test } from 'tap';
import { systemClock } from '../../../src/base/clock.js';
import type { JsonObject } from '../../../src/base/json.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { silentLogger } from '../../../src/observe/log.js';
import { KnowledgePool, type KnowledgePoolOptions } from '../../../src/runtime/knowledge-pool.js';
import { createSnapshot } from '../../../src/runtime/snapshot.js';
import { ToolsetPool } from '../../../src/runtime/toolset-pool.js';
import { userMessage } from '../../contract/language-model.js';
import { stepContext, taskRecord } from '../../support/llm-agent.js';
import { listed, startMcpPeer, textResult } from '../../support/mcp-peer.js';
import { createScriptedModel } from '../../support/scripted-llm.js';

const settingsOf = (t: Test, config: JsonObject) => loadSettings({ overrides: config, workingDirectory: t.testdir({}), environment: {} });
const createPool = (t: Test) => {
  const pool = new ToolsetPool({ clock: systemClock, log: silentLogger });
  t.teardown(() => pool.close());
  return pool;
};

t.test('snapshots that declare a server alike share it; the last one that lets go closes it', async (t) => {
  const pool = createPool(t);
  const tools = {
    a: { url: 'http://127.0.0.1:9/mcp' },
    b: { url: 'http://127.0.0.1:9/mcp', internal: true },
    c: { url: 'http://127.0.0.1:9', enabled: false },
  };
  const first = pool.hold(settingsOf(t, { tools }));
  const second = pool.hold(settingsOf(t, { tools: { ...tools, a: { ...tools.a, filter: ['x'] } } }));
  t.same(
    first.forAgents.map(({ name }) => name),
    ['a'],
    'no internal one (TOOL-45)',
  );
  t.same(
    first.forParsing.map(({ name }) => name),
    ['a', 'b'],
  );
  t.not(first.forAgents[0], second.forAgents[0]);
  t.equal(first.forParsing[1], second.forParsing[1]);
  t.equal(pool.health().length, 3);
  await first.release();
  await first.release();
  t.equal(first.forAgents[0]?.health().state, 'closed');
  t.equal(second.forParsing[1]?.health().state, 'idle');
  await second.release();
  t.equal(second.forParsing[1]?.health().state, 'closed');
});

t.test('a snapshot that is closed lets go of its servers when the last of its steps has ended (CFG-94, CFG-97, W-103)', async (t) => {
  let answer = () => {};
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const peer = await startMcpPeer(t, {
    answers: {
      'tools/list': () => ({ tools: [listed('look', { annotations: { readOnlyHint: true } })] }),
      'tools/call': async () => {
        asked();
        await gate;
        return textResult('seen');
      },
    },
  });
  const pool = createPool(t);
  const model = createScriptedModel(t, [{ say: [{ call: { name: 'look' } }] }]);
  const snapshot = await createSnapshot(settingsOf(t, { tools: { peer: { url: peer.url } }, agents: { helper: {} } }), {
    holdRetriever: () => ({ retriever: { search: async () => [] } }),
    toolsets: pool,
    extensions: { createLanguageModel: () => model },
    clock: systemClock,
    log: silentLogger,
  });
  const step = snapshot.getAgent('helper').runStep({ task: taskRecord(), history: [userMessage('Go')] }, stepContext());
  await isAsked;
  const closing = snapshot.close();
  t.match(pool.health(), [{ state: 'connected' }], 'the step still needs it');
  answer();
  t.match((await step).messages.at(-1)?.parts, [{ content: 'seen' }]);
  await closing;
  t.same(pool.health(), []);
});

t.test('document stores that cannot be built hold no server that parses for them (CFG-94)', async (t) => {
  const toolsets = createPool(t);
  const settings = settingsOf(t, {
    tools: { parser: { url: 'http://127.0.0.1:9/mcp', internal: true } },
    embedders: { small: { provider: 'local' } },
    document_stores: {
      handbook: { source: { type: 'directory', path: '.' }, embedder: 'small', mcp_parsers: { tool_names: ['convert'] } },
    },
  });
  const options = { toolsets, pools: {}, embedding: {}, clock: systemClock, log: silentLogger } as unknown as KnowledgePoolOptions;
  const pool = new KnowledgePool(options);
  t.throws(() => pool.hold({ ...settings, vectorStores: {} }), { code: 'CONFIG_INVALID' });
  await new Promise(setImmediate);
  t.same(toolsets.health(), []);
  await pool.close();
});
