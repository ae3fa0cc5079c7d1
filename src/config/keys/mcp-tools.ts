/** `tools.<name>` with `type: mcp`: the tools of a Model Context Protocol server (spec/08 8.4). */
import { resolve } from 'node:path';
import type { JsonObject } from '../../base/json.js';
import {
  choice,
  duration,
  flag,
  integer,
  list,
  named,
  object,
  optional,
  type Static,
  section,
  text,
  variables,
} from '../schema-builder.js';
import type { CommonToolSettings, McpToolSettings } from '../settings.js';
import { COMMAND_KEYS } from './command-tools.js';
import type { ResolveContext } from './resolve-context.js';

const OAuthSchema = object(
  {
    client_id: text('Id of the client that the authorization server knows.', { minLength: 1 }),
    client_secret: text('Its secret; without a refresh_token it is all there is (client credentials).', { default: '', writeOnly: true }),
    refresh_token: text('Of a login that was made elsewhere; one that replaces it is kept in the state folder.', {
      default: '',
      writeOnly: true,
    }),
    scope: text('Scopes, separated by spaces; empty is what the server asks for.', { default: '' }),
    issuer: text('URL of the authorization server; the credentials go to no other. Empty is the one that the MCP server names.', {
      default: '',
    }),
  },
  'OAuth without a browser.',
);

const OverrideSchema = section(
  {
    description: optional(text('What the model reads about it.', { minLength: 1 })),
    require_approval: optional(flag('Each call waits for a decision first.')),
    approval_prompt: optional(text('Asks for the decision; {name} stands for the argument of that name.', { minLength: 1 })),
    effect: optional(choice(['pure', 'idempotent', 'once'], 'What a repeated call would mean.')),
  },
  'One tool of the server.',
);

export const MCP_KEYS = {
  url: optional(text('Address of a server that listens.', { pattern: '^https?://[^\\s]+$', 'x-form': 'http://… or https://…' })),
  command: optional(text('Program that is the server and speaks over its standard input and output.', { minLength: 1 })),
  args: optional(list(text('One argument.'), 'Arguments of the program.')),
  env: optional(variables('Variables that the program sees beside PATH, HOME and the like; nothing else of this process.')),
  working_directory: COMMAND_KEYS.working_directory,
  transport: optional(
    choice(
      ['auto', 'stdio', 'sse', 'streamable-http'],
      'How the server speaks. Default auto: a command by stdio; a url by streamable-http, and by sse where the server refuses that.',
    ),
  ),
  headers: optional(named(text('Value.', { writeOnly: true }), 'Headers of every request to the url.')),
  oauth: optional(OAuthSchema),
  internal: optional(flag('Serves document parsing only; no agent has its tools. Default: false.')),
  filter: optional(list(text('Name of a tool, as the server knows it.', { minLength: 1 }), 'The only tools taken. Default: all.')),
  prefix: optional(
    choice(['on_collision', 'always'], 'When tools are called <server>_<tool>. Default on_collision: where another tool has the name too.'),
  ),
  resources: optional(flag('Adds <server>_list_resources and <server>_read_resource. Default: false.')),
  prompts: optional(flag('Adds <server>_list_prompts and <server>_get_prompt. Default: false.')),
  roots: optional(
    list(text('A folder.', { minLength: 1 }), 'Folders that the server is told it may work in. Default: none, and it cannot ask.'),
  ),
  sampling: optional(flag('The server may have texts written by the model sampling_llm, at your cost. Default: false.')),
  sampling_llm: optional(text('With sampling: name in llms.', { minLength: 1 })),
  sampling_max_tokens: optional(
    integer('Most tokens of one text that the server has written. Default: 1024.', { minimum: 1, maximum: 1_000_000 }),
  ),
  sampling_per_minute: optional(
    integer('Most texts that the server has written in a minute. Default: 10.', { minimum: 1, maximum: 10_000 }),
  ),
  overrides: optional(named(OverrideSchema, "What holds for one tool, by the server's name of it.", { type: 'string', maxLength: 200 })),
  connect_timeout: optional(duration('How long connecting, and listing the tools, may take. Default: 30s.', { minimum: 1 })),
  list_wait: optional(
    duration('How long a step waits for the tools of a server that has not told them; without them it goes on. Default: 5s.', {
      minimum: 1,
    }),
  ),
  timeout: optional(duration('Silence (no result, no progress) after which a call is given up. Default: 5m.', { minimum: 1 })),
  max_execution_time: COMMAND_KEYS.max_execution_time,
  idle_timeout: optional(duration('A connection that nobody used for so long is closed; 0 is never. Default: 0.')),
};

const McpSchema = section(MCP_KEYS, 'The tools of an MCP server.');

export function resolveMcpTool(
  tool: Static<typeof McpSchema>,
  { workingDirectory }: Pick<ResolveContext, 'workingDirectory'>,
): Omit<McpToolSettings, keyof CommonToolSettings> {
  const { oauth } = tool;
  return {
    type: 'mcp',
    url: tool.url,
    command: tool.command,
    args: tool.args ?? [],
    env: tool.env ?? {},
    workingDirectory: tool.working_directory === undefined ? undefined : resolve(workingDirectory, tool.working_directory),
    transport: tool.transport ?? 'auto',
    headers: tool.headers ?? {},
    oauth:
      oauth === undefined
        ? undefined
        : {
            clientId: oauth.client_id,
            clientSecret: oauth.client_secret,
            refreshToken: oauth.refresh_token,
            scope: oauth.scope,
            issuer: oauth.issuer,
          },
    internal: tool.internal ?? false,
    filter: tool.filter,
    prefix: tool.prefix ?? 'on_collision',
    resources: tool.resources ?? false,
    prompts: tool.prompts ?? false,
    roots: (tool.roots ?? []).map((root) => resolve(workingDirectory, root)),
    sampling:
      tool.sampling === true && tool.sampling_llm !== undefined
        ? { llm: tool.sampling_llm, maxTokens: tool.sampling_max_tokens ?? 1_024, perMinute: tool.sampling_per_minute ?? 10 }
        : undefined,
    overrides: Object.fromEntries(
      Object.entries(tool.overrides ?? {}).map(([name, one]) => [
        name,
        {
          description: one.description,
          requireApproval: one.require_approval,
          approvalPrompt: one.approval_prompt,
          effect: one.effect,
        },
      ]),
    ),
    connectTimeoutMs: tool.connect_timeout ?? 30_000,
    listWaitMs: tool.list_wait ?? 5_000,
    timeoutMs: tool.timeout ?? 300_000,
    maxExecutionTimeMs: tool.max_execution_time ?? 3_600_000,
    idleTimeoutMs: tool.idle_timeout ?? 0,
  };
}

/** CFG-50: what a server needs, and keys that mean nothing for one of its kind (TOOL-44). */
export function checkMcpTool<F>(tool: JsonObject, report: (key: string, description: string) => F): readonly F[] {
  const { url, command, transport = 'auto', oauth } = tool;
  if (url === undefined && command === undefined)
    return [report('url', "missing; 'type: mcp' needs the url of a server, or the command that is one")];
  if (url !== undefined && command !== undefined) return [report('command', 'the server has a url too; wanted one of them')];
  const isSampling = tool['sampling'] === true;
  const samplingKeys = ['sampling_llm', 'sampling_max_tokens', 'sampling_per_minute'].filter((key) => tool[key] !== undefined);
  const unwanted = command === undefined ? ['args', 'env', 'working_directory'] : ['headers', 'oauth'];
  const cure =
    command === undefined ? 'a server at a url does not see it; use headers or oauth' : 'a program reads env and args, and no headers';
  const isByCommand = transport === 'stdio';
  const misfit = transport !== 'auto' && isByCommand === (command === undefined);
  const isBare =
    typeof oauth === 'object' &&
    oauth !== null &&
    !Array.isArray(oauth) &&
    isEmpty((oauth as JsonObject)['client_secret']) &&
    isEmpty((oauth as JsonObject)['refresh_token']);
  return [
    ...unwanted.filter((key) => !isEmpty(tool[key])).map((key) => report(key, cure)),
    ...(misfit
      ? [
          report(
            'transport',
            `the value is ${String(transport)}; wanted ${isByCommand ? 'sse, streamable-http or auto for a url' : 'stdio or auto for a command'}`,
          ),
        ]
      : []),
    ...(isSampling && tool['sampling_llm'] === undefined
      ? [report('sampling_llm', "missing; 'sampling: true' needs the name of an entry in 'llms', which then writes for the server")]
      : []),
    ...(isSampling ? [] : samplingKeys.map((key) => report(key, "is read with 'sampling: true' only; set that, or leave this out"))),
    ...(isBare
      ? [report('oauth', 'wanted a client_secret (client credentials) or a refresh_token; nobody can log in by a browser here')]
      : []),
  ];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
