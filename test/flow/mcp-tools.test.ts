/** Agents use the tools of real MCP servers, with approval, over A2A (TOOL-43, TOOL-60, TOOL-64, W-32). */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { rpc, sendText, userMessage, type WireTask } from '../support/a2a-client.js';
import { listed, startMcpPeer, textResult } from '../support/mcp-peer.js';
import { serverProgram } from '../support/mcp-servers.js';
import { createScriptedModel, type ScriptedTurn } from '../support/scripted-llm.js';
import { startTestHector, temporaryDirectory } from '../support/start-hector.js';

async function start(t: Test, turns: readonly ScriptedTurn[], config: JsonObject) {
  const model = createScriptedModel(t, turns);
  const hector = await startTestHector(t, { config, extensions: { createLanguageModel: () => model } });
  return { hector, model };
}

const answer = async (url: string, task: WireTask, text: string): Promise<WireTask> =>
  (await rpc(url, 'SendMessage', { message: userMessage(text, { taskId: task.id }) })).body.result?.task as WireTask;

t.test('a file is written by an MCP server when somebody has approved exactly that call', async (t) => {
  const folder = await temporaryDirectory(t);
  await mkdir(path.join(folder, 'notes'));
  const file = path.join(folder, 'notes', 'a.md');
  const files = {
    type: 'mcp',
    command: process.execPath,
    args: [serverProgram('filesystem'), path.join(folder, 'notes')],
    overrides: { write_file: { require_approval: true, approval_prompt: 'Write {path}?' } },
  };
  const memory = {
    command: process.execPath,
    args: [serverProgram('memory')],
    env: { MEMORY_FILE_PATH: path.join(folder, 'memory.jsonl') },
    prefix: 'always',
  };
  const { hector, model } = await start(
    t,
    [
      {
        say: [
          { call: { name: 'write_file', arguments: { path: file, content: 'Ada' } } },
          {
            call: {
              name: 'memory_create_entities',
              arguments: { entities: [{ name: 'Ada', entityType: 'person', observations: ['writes'] }] },
            },
          },
        ],
      },
      { say: [{ call: { name: 'read_text_file', arguments: { path: file } } }] },
      { say: ['Done.'] },
    ],
    { tools: { files, memory }, agents: { clerk: { tools: ['files', 'create_entities'] } } },
  );
  const url = `${hector.url}/agents/clerk`;
  const asked = await sendText(url, 'Write the note');
  t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
  t.match(asked.status.message?.parts[0]?.text, new RegExp(`Write ${file}\\?`));
  await t.rejects(readFile(file), { code: 'ENOENT' }, 'nothing is written before');
  t.match(await readFile(path.join(folder, 'memory.jsonl'), 'utf8'), /"Ada"/, 'the other call of the answer has run');
  const done = await answer(url, asked, 'approve');
  t.equal(done.status.state, 'TASK_STATE_COMPLETED');
  t.equal(await readFile(file, 'utf8'), 'Ada');
  const names = model.requests[0]?.tools.map(({ name }) => name) ?? [];
  t.ok(names.includes('list_directory') && names.includes('write_file'), 'the whole server by its name');
  t.same(
    names.filter((name) => name.startsWith('memory_')),
    ['memory_create_entities'],
    'of the other one the tool that is named',
  );
  t.match(JSON.stringify(model.requests[2]?.messages.at(-1)?.parts), /Ada/, 'the model reads the file');
  const { toolsets } = (await (await fetch(`${hector.url}/api/toolsets`)).json()) as { toolsets: unknown };
  t.match(toolsets, [
    { name: 'files', state: 'connected', transport: 'stdio', problems: [] },
    { name: 'memory', state: 'connected' },
  ]);
});

t.test('a `once` call that is cut in the middle is not repeated: somebody is asked what became of it (R7, W-39)', async (t) => {
  let carriedOut = 0;
  const peer = await startMcpPeer(t, {
    answers: {
      'tools/list': () => ({ tools: [listed('send'), listed('look', { annotations: { readOnlyHint: true } })] }),
      'tools/call': ({ params, reply }) => {
        if (params['name'] === 'look') return textResult('looked');
        carriedOut += 1;
        reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        setImmediate(() => reply.destroy());
        return undefined;
      },
    },
  });
  const { hector, model } = await start(t, [{ say: [{ call: { name: 'send' } }, { call: { name: 'look' } }] }, { say: ['Done.'] }], {
    tools: { post: { url: peer.url } },
    agents: { clerk: {} },
  });
  const url = `${hector.url}/agents/clerk`;
  const asked = await sendText(url, 'Send it');
  t.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
  const [question] = asked.status.message?.parts.flatMap(({ data }) => (data === undefined ? [] : [data])) ?? [];
  t.match(question, { type: 'tool_outcome_request', tool_name: 'send', attempt: 1, options: ['done', 'retry', 'skip'] });
  t.equal(carriedOut, 1);
  const done = await answer(url, asked, 'done');
  t.equal(done.status.state, 'TASK_STATE_COMPLETED');
  t.equal(carriedOut, 1, 'never again');
  t.match(JSON.stringify(model.requests[1]?.messages), /looked/);
});

t.test('tools that share a name are told by their servers, and a dead server costs its own only (TOOL-41, TOOL-43, TOOL-53)', async (t) => {
  const one = await startMcpPeer(t, {
    answers: { 'tools/list': () => ({ tools: [listed('find'), listed('other')] }), 'tools/call': () => textResult('one') },
  });
  const two = await startMcpPeer(t, {
    answers: { 'tools/list': () => ({ tools: [listed('find')] }), 'tools/call': () => textResult('two') },
  });
  const { hector, model } = await start(
    t,
    [{ say: [{ call: { name: 'two_find' } }, { call: { name: 'one_find' } }] }, { say: ['Done.'] }],
    {
      tools: { one: { url: one.url, effect: 'pure' }, two: { url: two.url, effect: 'pure' }, gone: { url: 'http://127.0.0.1:9/mcp' } },
      agents: { clerk: {} },
    },
  );
  const done = await sendText(`${hector.url}/agents/clerk`, 'Find');
  t.equal(done.status.state, 'TASK_STATE_COMPLETED', 'a dead server costs its tools only (TOOL-41)');
  const names = model.requests[0]?.tools.map(({ name }) => name) ?? [];
  t.ok(['one_find', 'two_find', 'other'].every((name) => names.includes(name)));
  t.notOk(names.includes('find'));
  t.match(JSON.stringify(model.requests[1]?.messages.at(-1)?.parts), /"two".*"one"/);
});

t.test('the example configuration has what it shows: its servers offer what its agent names', async (t) => {
  const settings = loadSettings({ file: 'config/mcp.yaml', workingDirectory: process.cwd(), environment: {} });
  t.match(settings.tools, { files: { type: 'mcp', overrides: { write_file: { requireApproval: true } } }, memory: { prefix: 'always' } });
  const folder = await temporaryDirectory(t);
  const files = settings.tools['files'];
  const memory = settings.tools['memory'];
  if (files?.type !== 'mcp' || memory?.type !== 'mcp') throw new Error('no mcp');
  await writeFile(path.join(folder, 'a.md'), 'Hello');
  const config = {
    tools: {
      files: { command: process.execPath, args: [path.resolve(files.args[0] as string), folder], filter: [...(files.filter ?? [])] },
      memory: {
        command: process.execPath,
        args: [path.resolve(memory.args[0] as string)],
        prefix: 'always',
        env: { MEMORY_FILE_PATH: path.join(folder, 'm') },
      },
    },
    agents: { assistant: { tools: [...(settings.agents['assistant']?.tools ?? [])] } },
  };
  const { hector, model } = await start(
    t,
    [{ say: [{ call: { name: 'read_text_file', arguments: { path: path.join(folder, 'a.md') } } }] }, { say: ['Hi.'] }],
    config,
  );
  t.equal((await sendText(`${hector.url}/agents/assistant`, 'Read')).status.state, 'TASK_STATE_COMPLETED');
  t.same(model.requests[0]?.tools.map(({ name }) => name).sort(), [
    ...['list_directory', 'memory_create_entities', 'memory_search_nodes', 'read_text_file', 'search_files', 'write_file'],
  ]);
  const { toolsets } = (await (await fetch(`${hector.url}/api/toolsets`)).json()) as { toolsets: readonly { problems: unknown }[] };
  t.same(
    toolsets.flatMap(({ problems }) => problems),
    [],
  );
});
