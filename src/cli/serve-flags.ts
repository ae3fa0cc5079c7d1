/** Flags of `serve` as overrides of the file (CLI-21: for this run only, never written). */
import { AppError } from '../base/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../base/json.js';
import { detectProvider } from '../config/detect-provider.js';
import type { Environment } from '../config/environment.js';
import { KEY_VARIABLES } from '../config/keys/llms.js';
import { mergeDocuments } from '../config/merge-documents.js';
import { valueAt } from '../config/path.js';
import { AUTH_OPTIONS, authOverrides } from './auth-flags.js';
import { type CommandInput, findTextFlag, type OptionSpec } from './command.js';
import { RAG_OPTIONS, ragOverrides, vectorKeyVariable } from './rag-flags.js';
import { STORAGE_OPTIONS, storageOverrides, withStoragePassword } from './storage-flags.js';
import { TOOL_OPTIONS, toolOverrides } from './tool-flags.js';

export const SERVE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  host: { type: 'string', value: '<address>', description: 'Address to listen on (default 0.0.0.0)' },
  port: { type: 'string', value: '<port>', description: 'Port to listen on, 0 for any free one (default 8080)' },
  provider: {
    type: 'string',
    value: '<provider>',
    description: 'offline, openai, anthropic, gemini or ollama (default: told by the key, the model, or the variable that is set)',
    choices: ['offline', 'openai', 'anthropic', 'gemini', 'ollama'],
  },
  model: { type: 'string', value: '<model>', description: 'Model name' },
  'api-key': { type: 'string', value: '<key>', description: "Key of the provider (default: the provider's variable)" },
  'base-url': { type: 'string', value: '<url>', description: 'Address of the service, such as an OpenAI-compatible one' },
  temperature: { type: 'string', value: '<number>', description: 'Randomness, 0 to 2' },
  'max-tokens': { type: 'string', value: '<count>', description: 'Most tokens of one answer' },
  thinking: { type: 'boolean', description: 'The model thinks before it answers (default: as it does by itself)' },
  'thinking-budget': { type: 'string', value: '<count>', description: 'Tokens that it may think with' },
  instruction: { type: 'string', value: '<text>', description: 'System prompt of the agent' },
  stream: { type: 'boolean', description: 'Streaming answers (default on; --no-stream turns them off)' },
  ...TOOL_OPTIONS,
  role: { type: 'string', value: '<text>', description: 'Who the agent is; stands before its instruction' },
  'mcp-url': { type: 'string', value: '<url>', description: 'MCP server whose tools the agents have (first start: default MCP_URL)' },
  ...RAG_OPTIONS,
  ...STORAGE_OPTIONS,
  observe: { type: 'boolean', description: 'Traces to localhost:4317 over OTLP, and metrics at /metrics' },
  watch: { type: 'boolean', description: 'Follow changes of the configuration file and of .env' },
  studio: { type: 'boolean', description: 'The configuration can be read and changed at /api/config; with it, --watch is on' },
  ephemeral: { type: 'boolean', description: 'Write no configuration file' },
  ...AUTH_OPTIONS,
};

/** CLI-46, OBS-04. */
const OBSERVE: JsonObject = {
  tracing: { enabled: true, exporter: 'otlp', endpoint: 'localhost:4317', sampling_rate: 1 },
  metrics: { enabled: true, endpoint: '/metrics' },
};

const LLM_FLAGS: Readonly<Record<string, string>> = {
  provider: 'provider',
  model: 'model',
  'base-url': 'base_url',
  temperature: 'temperature',
  'max-tokens': 'max_tokens',
};

/** Secrets given as flags travel as variables, so that no file and no stored text holds them (CLI-48). */
export function withFlagSecrets(environment: Environment, input: CommandInput): Environment {
  const key = findTextFlag(input, 'api-key');
  const vectorKey = findTextFlag(input, 'vector-api-key');
  return {
    ...withStoragePassword(environment, input),
    ...(key === undefined ? {} : { [keyVariable(key, input)]: key }),
    ...(vectorKey === undefined ? {} : { [vectorKeyVariable(input)]: vectorKey }),
  };
}

function keyVariable(key: string, input: CommandInput): string {
  const provider = findTextFlag(input, 'provider') ?? detectProvider({ api_key: key }, {}) ?? '';
  return KEY_VARIABLES[provider]?.[0] ?? 'OPENAI_API_KEY';
}

export function serveOverrides(input: CommandInput, workingDirectory: string): (document: JsonObject) => JsonObject {
  const { flags } = input;
  return (document) => {
    const llm: Record<string, JsonValue> = {};
    for (const [flag, key] of Object.entries(LLM_FLAGS)) if (typeof flags[flag] === 'string') llm[key] = flags[flag];
    const key = findTextFlag(input, 'api-key');
    if (key !== undefined) llm.api_key = `\${${keyVariable(key, input)}}`;
    const thinking = {
      ...(typeof flags.thinking === 'boolean' ? { enabled: flags.thinking } : {}),
      ...(typeof flags['thinking-budget'] === 'string' ? { budget_tokens: flags['thinking-budget'] } : {}),
    };
    if (!isEmpty(thinking)) llm.thinking = thinking;
    const agent = {
      ...(typeof flags.instruction === 'string' ? { instruction: escapeVariables(flags.instruction) } : {}),
      ...(typeof flags.role === 'string' ? { prompt: { role: escapeVariables(flags.role) } } : {}),
      ...(typeof flags.stream === 'boolean' ? { streaming: flags.stream } : {}),
      ...(typeof flags['include-context'] === 'boolean' ? { include_context: flags['include-context'] } : {}),
    };
    const server = {
      ...(typeof flags.host === 'string' ? { host: flags.host } : {}),
      // As somebody would write it; what is no number is told as what it is.
      ...(typeof flags.port === 'string' ? { port: /^\d{1,5}$/.test(flags.port) ? Number(flags.port) : flags.port } : {}),
      ...authOverrides(input, document, escapeVariables),
    };
    const withStudio = flags.studio === true ? mergeDocuments(server, { studio: { enabled: true } }) : server;
    const overrides = {
      ...(isEmpty(llm) ? {} : { llms: { [chooseLlm(document)]: llm } }),
      ...(isEmpty(agent) ? {} : { agents: { [chooseAgent(document)]: agent } }),
      ...(isEmpty(withStudio) ? {} : { server: withStudio }),
      ...ragOverrides(input, workingDirectory, escapeVariables),
      ...storageOverrides(input, escapeVariables),
      ...(flags.observe === true ? { observability: OBSERVE } : {}),
    };
    const withTools = mergeDocuments(
      overrides,
      toolOverrides(input, document, () => chooseAgent(document)),
    );
    return mergeDocuments(withTools, mcpOverrides(findTextFlag(input, 'mcp-url'), mergeDocuments(document, withTools)));
  };
}

/** An agent with a list of tools gets the server into it. */
function mcpOverrides(url: string | undefined, document: JsonObject): JsonObject {
  if (url === undefined) return {};
  if (!URL.canParse(url))
    throw new AppError('CLI_USAGE', { message: `--mcp-url is '${url}'; wanted an address such as http://localhost:3000/mcp` });
  const agent = chooseAgent(document);
  const own = valueAt(document, ['agents', agent, 'tools']);
  return {
    tools: { mcp: { type: 'mcp', url: escapeVariables(url) } },
    ...(Array.isArray(own) ? { agents: { [agent]: { tools: [...new Set([...own.map(String), 'mcp'])] } } } : {}),
  };
}

/** Text from the command line is meant as it stands. */
function escapeVariables(text: string): string {
  return /^\$[A-Za-z_]\w*$/.test(text) ? `$${text}` : text.split('${').join('$${');
}

function chooseLlm(document: JsonObject): string {
  const defaults = document.defaults;
  const named = isJsonObject(defaults) ? defaults.llm : undefined;
  return typeof named === 'string'
    ? named
    : chooseOnly(document.llms, 'default', 'llms', 'set defaults.llm in the file to say which one the flags are for');
}

function chooseAgent(document: JsonObject): string {
  return chooseOnly(
    document.agents,
    'assistant',
    'agents',
    'write what --instruction, --role, --stream, --tools, --mcp-url and --include-context say into the file instead',
  );
}

function chooseOnly(section: unknown, standard: string, label: string, cure: string): string {
  const names = isJsonObject(section) ? Object.keys(section) : [];
  if (names.length === 0 || names.includes(standard)) return standard;
  if (names.length > 1) throw new AppError('CLI_USAGE', { message: `the file has several ${label} (${names.join(', ')}); ${cure}` });
  return names[0] as string;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
