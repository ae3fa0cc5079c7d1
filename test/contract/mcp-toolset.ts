/** What a toolset is, whatever the transport: run against the reference server of the protocol (TOOL-40…46). */
import type { Test } from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import type { McpToolset } from '../../src/providers/tools/adapters/mcp/mcp-toolset.js';
import type { Tool } from '../../src/providers/tools/contract.js';
import { waitFor } from '../support/coordination-steps.js';
import { getTool, listTools, openToolset, toolContext } from '../support/mcp-servers.js';
import { createScriptedModel } from '../support/scripted-llm.js';

export interface ToolsetCase {
  readonly transport: string;
  /** `tools.<name>` for the server of this test. */
  readonly start: (t: Test) => Promise<JsonObject>;
}

export function testMcpToolset(t: Test, { transport, start }: ToolsetCase): void {
  const open = async (t: Test, change: JsonObject = {}): Promise<McpToolset> => openToolset(t, { ...(await start(t)), ...change });

  t.test(
    `${transport}: nothing is connected before it is needed, then every tool is there, with its health (TOOL-40, TOOL-41)`,
    async (t) => {
      const toolset = await open(t);
      t.match(toolset.health(), { state: 'idle', tools: 0 });
      const names = (await listTools(toolset)).map(({ name }) => name);
      for (const name of ['echo', 'get-sum', 'get-tiny-image', 'get-structured-content', 'trigger-long-running-operation'])
        t.ok(names.includes(name), name);
      t.match(toolset.health(), { state: 'connected', transport, server: /everything/, tools: names.length, problems: [] });
    },
  );

  t.test(`${transport}: a call has its arguments, an image is a file, structured content is data (TOOL-46)`, async (t) => {
    const toolset = await open(t);
    t.match(await (await getTool(toolset, 'echo')).execute({ message: 'héllo' }, toolContext()), { content: /héllo/ });
    const image = await (await getTool(toolset, 'get-tiny-image')).execute({}, toolContext());
    t.match(image.files, [{ type: 'file', mediaType: 'image/png', raw: /^[A-Za-z0-9+/]{100,}=*$/ }]);
    t.match(image.content, /image \(image\/png\)/);
    const weather = await (await getTool(toolset, 'get-structured-content')).execute({ location: 'New York' }, toolContext());
    t.match(weather.data, { temperature: Number, conditions: String });
  });

  t.test(`${transport}: an error of the tool is its result, one of the protocol a text that names the server`, async (t) => {
    const toolset = await open(t);
    const sum = await getTool(toolset, 'get-sum');
    const refused = await sum.execute({ a: 'x' }, toolContext()).catch((error: Error) => ({ content: error.message, isError: true }));
    t.match(refused, { isError: true, content: /Invalid|expected/i });
  });

  t.test(`${transport}: progress is shown, and a call that is called off is told to the server (TOOL-51)`, async (t) => {
    const toolset = await open(t);
    const slow = await getTool(toolset, 'trigger-long-running-operation');
    const shown: string[] = [];
    await slow.execute({ duration: 0.2, steps: 2 }, toolContext({ progress: (text) => void shown.push(text) }));
    t.match(shown[0], /1\/2/);

    const calledOff = new AbortController();
    const begun = slow.execute({ duration: 60, steps: 60 }, toolContext({ signal: calledOff.signal, progress: () => calledOff.abort() }));
    await t.rejects(begun, { code: 'STEP_ABORTED' });
    t.match(await (await getTool(toolset, 'echo')).execute({ message: 'still here' }, toolContext()), { content: /still here/ });
  });

  t.test(
    `${transport}: roots and sampling are there where the configuration says so, within its limits, and not otherwise (TOOL-46)`,
    async (t) => {
      const closed = await open(t);
      const names = (await listTools(closed)).map(({ name }) => name);
      t.notOk(
        names.some((name) => /roots|sampling|elicitation/.test(name)),
        'the server is told that it may not ask',
      );

      const model = createScriptedModel(t, [
        {
          expect: ({ system, messages, maxTokens, temperature, tools }) =>
            t.match(
              { system, messages, maxTokens, temperature, tools },
              {
                ...{ system: 'You are a helpful test server.', maxTokens: 40, temperature: 0.7, tools: [] },
                messages: [{ role: 'user', parts: [{ type: 'text', text: /what is up$/ }] }],
              },
            ),
          say: ['Not ', 'much.'],
        },
        { say: ['Still not.'] },
      ]);
      const change = {
        roots: ['notes', '/srv/shared'],
        sampling: true,
        sampling_llm: 'main',
        sampling_max_tokens: 40,
        sampling_per_minute: 2,
      };
      const toolset = await openToolset(t, { ...(await start(t)), ...change }, { samplingModel: model });
      const call = async (name: string, args: JsonObject) => {
        const tool = await untilThere(toolset, name);
        return await tool.execute(args, toolContext()).catch((error: Error) => ({ content: error.message, isError: true }));
      };
      t.match((await call('get-roots-list', {})).content, /notes\n +URI: file:\/\/\/.*\/notes\n[^]*shared\n +URI: file:\/\/\/srv\/shared/);
      t.match(await call('trigger-sampling-request', { prompt: 'what is up', maxTokens: 500 }), {
        content: /"endTurn"[^]*"text": "Not much\."/,
      });
      t.match(await call('trigger-sampling-request', { prompt: 'and now', maxTokens: 5 }), { content: /Still not\./ });
      t.match(await call('trigger-sampling-request', { prompt: 'again', maxTokens: 5 }), {
        isError: true,
        content: /at most 2 texts in a minute/,
      });
    },
  );

  t.test(`${transport}: resources and prompts are tools where the configuration asks for them (TOOL-46)`, async (t) => {
    const toolset = await open(t, { resources: true, prompts: true });
    const listed = await (await getTool(toolset, 'everything_list_resources')).execute({}, toolContext());
    const uri = /"uri":"([^"]+)"/.exec(listed.content)?.[1];
    t.ok(uri, listed.content.slice(0, 300));
    const read = await (await getTool(toolset, 'everything_read_resource')).execute({ uri: uri as string }, toolContext());
    t.match(read.content, /^\[resource /);
    const prompts = await (await getTool(toolset, 'everything_list_prompts')).execute({}, toolContext());
    t.match(prompts.content, /"name":"simple-prompt"/);
    const prompt = await (await getTool(toolset, 'everything_get_prompt')).execute({ name: 'simple-prompt' }, toolContext());
    t.match(prompt.content, /^user: /);
  });
}

/** This server offers what depends on its client a moment after the handshake. */
async function untilThere(toolset: McpToolset, name: string): Promise<Tool> {
  await waitFor(async () => (await listTools(toolset)).some((tool) => tool.name === name));
  return await getTool(toolset, name);
}
