import t from 'tap';
import { AppError } from '../../../src/base/errors.js';
import type { JsonObject } from '../../../src/base/json.js';
import { loadSettings } from '../../../src/config/load-settings.js';

const FOLDER = t.testdir({});
const load = (tool: JsonObject, environment = {}) =>
  loadSettings({ workingDirectory: FOLDER, environment, overrides: { tools: { m: tool } } }).tools['m'];

function problemsOf(tool: JsonObject): readonly string[] {
  try {
    load(tool);
    return [];
  } catch (error) {
    return error instanceof AppError ? error.problems.map(({ field, description }) => `${field}: ${description}`) : [String(error)];
  }
}

t.test('a tool with a url or a command is an MCP server, with the defaults of spec/03 3.6', async (t) => {
  t.match(load({ url: 'http://h/mcp', headers: { Authorization: 'Bearer ${T}' } }, { T: 'secret' }), {
    type: 'mcp',
    enabled: true,
    internal: false,
    transport: 'auto',
    filter: undefined,
    headers: { Authorization: 'Bearer secret' },
    prefix: 'on_collision',
    resources: false,
    prompts: false,
    connectTimeoutMs: 30_000,
    listWaitMs: 5_000,
    timeoutMs: 300_000,
    maxExecutionTimeMs: 3_600_000,
    idleTimeoutMs: 0,
  });
  t.match(load({ command: 'c', args: 'a, b', env: { K: 5 }, working_directory: 'sub' }), {
    type: 'mcp',
    args: ['a', 'b'],
    env: { K: '5' },
    workingDirectory: `${FOLDER}/sub`,
  });
});

t.test('what a server needs, and keys that mean nothing for its kind, are problems (CFG-50, TOOL-44)', async (t) => {
  t.match(problemsOf({ type: 'mcp' }), [/^tools\.m\.url: missing; 'type: mcp' needs the url of a server, or the command/]);
  t.match(problemsOf({ url: 'http://h', command: 'c' }), [/^tools\.m\.command: the server has a url too/]);
  t.match(problemsOf({ url: 'http://h', env: { TOKEN: 'x' }, transport: 'stdio' }), [
    /^tools\.m\.env: a server at a url does not see it; use headers or oauth/,
    /^tools\.m\.transport: the value is stdio; wanted sse, streamable-http or auto for a url/,
  ]);
  t.match(problemsOf({ command: 'c', headers: { a: 'b' }, transport: 'sse' }), [
    /^tools\.m\.headers: a program reads env/,
    /^tools\.m\.transport: the value is sse; wanted stdio/,
  ]);
  t.match(problemsOf({ url: 'ftp://h' }), [/^tools\.m\.url: .*wanted.*http:\/\//]);
  t.match(problemsOf({ url: 'http://h', oauth: { client_id: 'me' } }), [/^tools\.m\.oauth: wanted a client_secret .* or a refresh_token/]);
  t.match(problemsOf({ url: 'http://h', allowed_commands: ['x'] }), [/only tools of 'type: command' have it/]);
});

t.test('sampling wants a model that is there, and its limits want sampling (CFG-50, CFG-91)', async (t) => {
  const problems = (tool: JsonObject): string => {
    try {
      loadSettings({ overrides: { tools: { far: { url: 'http://x/mcp', ...tool } } }, workingDirectory: t.testdir({}), environment: {} });
      return '';
    } catch (error) {
      return JSON.stringify((error as { problems: unknown }).problems);
    }
  };
  t.equal(problems({ sampling: true, sampling_llm: 'default', sampling_max_tokens: 5, roots: ['a'] }), '');
  t.match(problems({ sampling: true }), /tools\.far\.sampling_llm.*missing; 'sampling: true' needs/);
  t.match(problems({ sampling: true, sampling_llm: 'none' }), /there is no 'none' in 'llms'/);
  t.match(problems({ sampling_per_minute: 3 }), /tools\.far\.sampling_per_minute.*is read with 'sampling: true' only/);
});
