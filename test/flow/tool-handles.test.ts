/** Tools in code reach the session's artifacts and memory (TOOL-52, SES-07, MEM-05), through the package's own door. */
import { Type } from '@sinclair/typebox';
import { AppError, defineTool, Hector } from 'hector';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.js';
import { silentLogger } from '../../src/observe/log.js';
import { sendText, type WireTask } from '../support/a2a-client.js';
import { waitFor } from '../support/coordination-steps.js';
import { temporaryDirectory } from '../support/start-hector.js';

const note = defineTool({
  name: 'note',
  description: 'Adds a line to the notes of this conversation.',
  parameters: Type.Object({ line: Type.String(), fails: Type.Boolean({ default: false }) }),
  effect: 'idempotent',
  async execute({ line, fails }, { artifacts }) {
    const before = await artifacts.load('notes');
    const text = [...(before === undefined ? [] : [before.text]), line].join('\n');
    artifacts.save({ name: 'notes', text, description: 'What was noted' });
    if (fails) throw new Error('the pencil broke');
    const [newest] = await artifacts.list();
    const first = await artifacts.load('notes', 1);
    return `version ${newest?.version}: ${newest?.text} (first: ${first?.text}; ${await artifacts.load('other')})`;
  },
});

const draw = defineTool({
  name: 'draw',
  description: 'Draws.',
  parameters: Type.Object({}),
  effect: 'pure',
  execute: (_, { artifacts }) => {
    try {
      artifacts.save({ name: '', text: 'x' });
    } catch (error) {
      const picture = { raw: 'aGk=', mediaType: 'image/png', filename: 'a.png' };
      return { content: (error as Error).message, artifacts: [{ name: 'picture', parts: [picture, { data: { width: 3 } }] }] };
    }
    return 'unreachable';
  },
});

const remember = defineTool({
  name: 'remember',
  description: 'Searches earlier conversations.',
  parameters: Type.Object({ about: Type.String() }),
  effect: 'pure',
  async execute({ about }, { memory }) {
    try {
      const found = await memory.search(about, { limit: 1 });
      return JSON.stringify(found.map(({ content, author }) => ({ content, author })));
    } catch (error) {
      return error instanceof AppError ? `${error.code}: ${error.message}` : 'another error';
    }
  },
});

const resultsOf = (task: WireTask) =>
  (task.artifacts ?? [])
    .flatMap(({ parts }) => parts)
    .flatMap(({ data }) => ((data as JsonObject | undefined)?.['type'] === 'tool_result' ? [(data as JsonObject)['content']] : []));
const call = (name: string, args: JsonObject) => `call ${name} ${JSON.stringify(args)}`;

t.test(
  'a tool saves versions of artifacts with its step, reads those of the session, and searches what was said before (TOOL-52, SES-07, MEM-05)',
  { timeout: 60_000 },
  async (t) => {
    const workingDirectory = await temporaryDirectory(t);
    const config = {
      server: { host: '127.0.0.1', port: 0, shutdown_timeout_ms: 2_000, drain_delay_ms: 0 },
      agents: {
        clerk: { tools: ['note', 'draw', 'remember'], search: { enabled: true } },
        stranger: { tools: ['remember'] },
      },
    };
    const program = new Hector({ config, workingDirectory, environment: {} }).tool(note).tool(draw).tool(remember);
    const hector = await program.start({ log: silentLogger });
    t.teardown(() => hector.close());
    const clerk = `${hector.url}/agents/clerk`;

    const first = await sendText(clerk, call('note', { line: 'tea' }));
    t.same(resultsOf(first), ['version 1: tea (first: tea; undefined)']);
    t.match(
      first.artifacts?.find(({ artifactId }) => artifactId === 'artifact:notes'),
      { name: 'notes', description: 'What was noted', parts: [{ text: 'tea' }] },
    );
    const { contextId } = first;
    t.match(resultsOf(await sendText(clerk, call('note', { line: 'lost', fails: true }), { contextId })), [/the pencil broke/]);
    const second = await sendText(clerk, call('note', { line: 'milk' }), { contextId });
    t.same(resultsOf(second), ['version 2: tea\nmilk (first: tea; undefined)'], 'what a failed call saved is not there');
    const drawn = await sendText(clerk, call('draw', {}), { contextId });
    t.match(resultsOf(drawn), [/^the name of an artifact must be a text of 1 to 200 characters$/]);

    const { sessions } = (await (await fetch(`${hector.url}/api/sessions?context_id=${contextId}`)).json()) as { sessions: JsonObject[] };
    const kept = async (path: string) => await (await fetch(`${hector.url}/api/sessions/${sessions[0]?.['id']}/artifacts/${path}`)).json();
    t.match(await kept('notes?version=1'), { version: 1, parts: [{ text: 'tea' }] });
    t.match(await kept('notes'), { version: 2, parts: [{ text: 'tea\nmilk' }] });
    t.match(await kept('picture'), { parts: [{ raw: 'aGk=', mediaType: 'image/png' }, { data: { width: 3 } }] });

    await waitFor(async () => {
      const [found] = resultsOf(await sendText(clerk, call('remember', { about: 'pencil' })));
      return /"content":".*pencil/.test(String(found));
    });
    t.match(resultsOf(await sendText(`${hector.url}/agents/stranger`, call('remember', { about: 'pencil' }))), [
      'TOOL_FAILED: agents.stranger.search.enabled must be true for a tool to search what was said in earlier sessions',
    ]);
  },
);
