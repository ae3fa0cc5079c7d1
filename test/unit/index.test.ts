import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { type AgentSettings, defineTool, type FinishReason, Hector } from 'hector';
import t from 'tap';
import { silentLogger } from '../../src/observe/log.js';
import { sendText } from '../support/a2a-client.js';
import { temporaryDirectory } from '../support/start-hector.js';

const handler = () => 'x';

t.test('a registration alone is an agent with defaults; the configuration has the last word (PRG-03, PRG-16)', async (t) => {
  const workingDirectory = await temporaryDirectory(t);
  const file = path.join(workingDirectory, 'hector.yaml');
  await writeFile(file, 'agents:\n  ada: {type: custom, handler: code, description: From YAML}\n');
  const hector = Hector.fromConfig(file, { workingDirectory, environment: {} })
    .agent('code', handler, { description: 'From code', directMessages: true, doubleTexting: 'reject', outputModes: ['image/png'] })
    .agent('alone', handler);
  const { agents } = hector.settings();
  t.same(Object.keys(agents).sort(), ['ada', 'alone']);
  t.match(agents['ada'], {
    type: 'custom',
    handler: 'code',
    description: 'From YAML',
    directMessages: true,
    doubleTexting: 'reject',
    outputModes: ['image/png'],
  });
  t.match(agents['alone'], { type: 'custom', handler: 'alone', directMessages: false, inputModes: ['text/plain'], streaming: true });
  t.equal(hector.settings().version, hector.settings().version, 'equal programs have equal versions (R12)');
});

t.test('a configuration that is given is all there is: no file is read beside it (PRG-01)', async (t) => {
  const workingDirectory = await temporaryDirectory(t);
  await mkdir(path.join(workingDirectory, '.hector'));
  await writeFile(path.join(workingDirectory, '.hector', 'config.yaml'), 'agents:\n  stranger: {}\n');
  const agentsOf = (hector: Hector) => Object.keys(hector.settings().agents);
  t.same(agentsOf(new Hector({ config: { agents: { mine: {} } }, workingDirectory, environment: {} })), ['mine']);
  t.same(agentsOf(new Hector({ workingDirectory, environment: {} })), ['stranger']);
});

t.test('names that are taken and handlers that are none are refused (CONFIG_INVALID)', async (t) => {
  const hector = new Hector({ config: { agents: { taken: {} } }, workingDirectory: await temporaryDirectory(t), environment: {} });
  t.throws(() => hector.agent('a', 7 as never), { code: 'CONFIG_INVALID', message: /the handler is a number; wanted a function/ });
  hector.agent('taken', handler);
  t.throws(() => hector.agent('taken', handler), { code: 'CONFIG_INVALID', message: /registered twice/ });
  t.throws(() => hector.settings(), { code: 'CONFIG_INVALID', message: /agents\.taken is in the configuration and in code/ });
  const wrong = new Hector({
    config: { agents: { a: { handler: 'code' } } },
    workingDirectory: await temporaryDirectory(t),
    environment: {},
  });
  const problem = t.throws(() => wrong.settings());
  t.match(problem, { problems: [{ field: 'agents.a.handler', description: "only agents of 'type: custom' have one" }] });
});

t.test('agents are found, listed and walked as the configuration puts them together (AGT-29)', async (t) => {
  const agents = { top: { sub_agents: ['mid'] }, mid: { type: 'sequential', sub_agents: ['leaf'] }, leaf: { description: 'The last' } };
  const hector = new Hector({ config: { agents }, workingDirectory: await temporaryDirectory(t), environment: {} }).agent('code', handler);
  t.same(hector.listAgents(), ['code', 'leaf', 'mid', 'top']);
  t.same(hector.walkAgents('top'), ['top', 'mid', 'leaf']);
  t.same(hector.findAgentPath('top', 'leaf'), ['top', 'mid', 'leaf']);
  t.equal(hector.findAgentPath('leaf', 'top'), undefined);
  t.equal(hector.findAgent('leaf')?.description, 'The last');
  t.equal(hector.findAgent('nobody'), undefined);
});

t.test('code around an agent needs one with a model, and is given once (AGT-14, PRG-16)', async (t) => {
  const config = { agents: { a: {}, flow: { type: 'sequential', sub_agents: ['a'] } } };
  const create = () => new Hector({ config, environment: {} });
  t.ok(
    create()
      .customize('a', { beforeAgent: () => 'no' })
      .settings(),
  );
  t.throws(() => create().customize('flow', {}).settings(), { code: 'CONFIG_INVALID', message: /customize\('flow'\).*type sequential/ });
  t.throws(() => create().customize('b', {}).settings(), { code: 'CONFIG_INVALID', message: /'agents' has a, flow/ });
  t.throws(() => create().customize('a', {}).customize('a', {}), { code: 'CONFIG_INVALID', message: /customized twice/ });
});

t.test('what is registered runs: a callback answers over the real line (AGT-14)', async (t) => {
  const hector = new Hector({
    config: { agents: { a: {} }, server: { host: '127.0.0.1', port: 0 } },
    workingDirectory: await temporaryDirectory(t),
    environment: {},
  }).customize('a', { beforeAgent: (_, message) => `heard ${message?.parts.length}` });
  const running = await hector.start({ log: silentLogger });
  t.teardown(() => running.close());
  const task = await sendText(`${running.url}/agents/a`, 'Hello');
  t.match(task.artifacts, [{ parts: [{ text: 'heard 1' }] }]);
});

t.test('code under a name that nothing calls and tools of one name are refused (AGT-14, PRG-16)', async (t) => {
  const hector = new Hector({ config: { agents: { a: {} } }, environment: {} });
  t.throws(() => hector.customize('a', { beforTool: () => undefined } as never), {
    code: 'CONFIG_INVALID',
    message: /customize\('a'\): there is no 'beforTool'; wanted one of .*beforeTool/,
  });
  t.throws(() => hector.customize('a', { beforeTool: 'no' } as never), { code: 'CONFIG_INVALID', message: /beforeTool is a string/ });
  t.doesNotThrow(() => hector.customize('a', {}), 'what was refused was not kept');
  const tool = defineTool({ name: 'look', description: 'Looks.', parameters: Type.Object({}), execute: () => 'x' });
  hector.tool(tool);
  t.throws(() => hector.tool(tool), { code: 'CONFIG_INVALID', message: /tool 'look' is registered twice/ });
  const settings: AgentSettings | undefined = hector.findAgent('a');
  const reason: FinishReason = 'stop';
  t.same([settings?.type, reason], ['llm', 'stop']);
});

t.test('questions about agents read the configuration once, and again after an agent was added (PRG-03)', async (t) => {
  const file = path.join(t.testdir({ 'h.yaml': 'llms: {m: {provider: offline}}\nagents: {a: {llm: m}}' }), 'h.yaml');
  const hector = new Hector({ config: file, environment: {} });
  t.same(hector.listAgents(), ['a']);
  await writeFile(file, 'llms: {m: {provider: offline}}\nagents: {a: {llm: m}, b: {llm: m}}');
  t.same(hector.listAgents(), ['a']);
  t.equal(hector.findAgent('b'), undefined);
  t.same(Object.keys(hector.settings().agents), ['a', 'b'], 'the settings themselves are as the file is now');
  hector.agent('c', async () => 'hi');
  t.same(hector.listAgents(), ['a', 'b', 'c']);
});
