/** Tools of MCP servers as parsers (RAG-12): one parser for each name, in the order of the configuration. */
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError, describeError } from '../../base/errors.js';
import { isJsonObject, type JsonObject, type JsonValue, sha256Hex } from '../../base/json.js';
import type { McpParserSettings } from '../../config/settings.js';
import type { Tool, ToolContext, ToolResult, Toolset } from '../../providers/tools/contract.js';
import { qualifyName } from '../../providers/tools/join-toolsets.js';
import type { DocumentParser, DocumentToParse } from './document-parser.js';

/** @param toolsets all servers of the configuration, also `internal` ones. They belong to whoever made them. */
export function createMcpParsers(settings: McpParserSettings, toolsets: readonly Toolset[]): readonly DocumentParser[] {
  const { toolNames, extensions, priority, pathPrefix } = settings;
  return toolNames.map((toolName) => ({
    name: toolName,
    priority,
    accepts: ({ name }) => extensions.includes(posix.extname(name).toLowerCase()),
    async parse(document, signal) {
      const location = pathPrefix === '' ? document.path : posix.join(pathPrefix, document.id);
      const { tool, others } = await findTool(toolName, toolsets, signal);
      const call = { document, key: sha256Hex(`${toolName}\n${document.id}`), signal };
      const result = await callTool(tool, argumentFor(tool, location), call);
      const key = readDocumentKey(result);
      if (key === undefined) return readMarkdown(toolName, result);
      // Docling converts in one call and gives the text in another.
      const exporter = others.find((other) => isExporter(other.name) && propertiesOf(other).has(DOCUMENT_KEY));
      if (exporter === undefined)
        throw failed(toolName, `it gave a ${DOCUMENT_KEY}, and its server has no tool that exports Markdown by one`);
      return readMarkdown(exporter.name, await callTool(exporter, { [DOCUMENT_KEY]: key }, call));
    },
  }));
}

function isExporter(name: string): boolean {
  const [, ...rest] = name.toLowerCase().split('export');
  return rest.join('export').includes('markdown');
}

async function findTool(
  name: string,
  toolsets: readonly Toolset[],
  signal: AbortSignal,
): Promise<{ readonly tool: Tool; readonly others: readonly Tool[] }> {
  for (const toolset of toolsets) {
    const others = await toolset.list(signal);
    const tool = others.find((one) => one.name === name || qualifyName(toolset.name, one.name) === name);
    if (tool !== undefined) return { tool, others };
  }
  const servers = toolsets.map((toolset) => `${toolset.name} (${toolset.health().state})`).join(', ');
  throw failed(name, `no MCP server offers it; there are ${servers || 'none'}`);
}

/** The argument that takes the place of a document, by its usual names, else the only text that must be given. */
function argumentFor(tool: Tool, location: string): JsonObject {
  const properties = propertiesOf(tool);
  const { required } = tool.parameters as JsonObject;
  const needed = Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : [];
  const usual = PLACE_ARGUMENTS.filter((name) => properties.has(name));
  const name = usual.find((one) => needed.includes(one)) ?? usual[0] ?? (needed.length === 1 ? needed[0] : undefined);
  if (name === undefined)
    throw failed(tool.name, `none of its arguments takes a path; it has ${[...properties.keys()].join(', ') || 'no arguments'}`);
  const isUrl = /^[a-z][a-z\d+.-]+:\/\//i.test(location);
  const value = /^(uri|url)$/.test(name) && !isUrl ? pathToFileURL(location).href : location;
  return { [name]: properties.get(name)?.['type'] === 'array' ? [value] : value };
}

async function callTool(
  tool: Tool,
  args: JsonObject,
  { document, key, signal }: { readonly document: DocumentToParse; readonly key: string; readonly signal: AbortSignal },
): Promise<ToolResult> {
  const context: ToolContext = {
    ...{ taskId: '', contextId: '', agent: '', owner: '', sessionState: {}, progress: () => undefined },
    // No run asks for this, so there is nothing of a run to read, and nowhere to save.
    artifacts: { list: async () => [], load: async () => undefined, save: () => undefined },
    memory: { search: async () => [] },
    ...{ callId: key.slice(0, 32), idempotencyKey: key, signal },
  };
  let result: ToolResult;
  try {
    result = await tool.execute(args, context);
  } catch (error) {
    signal.throwIfAborted();
    throw failed(tool.name, `'${document.name}': ${describeError(error)}`, error);
  }
  if (result.isError === true) throw failed(tool.name, `'${document.name}': ${result.content.slice(0, MAX_QUOTED)}`);
  return result;
}

function readDocumentKey(result: ToolResult): string | undefined {
  const key = objectsOf(result).find((value) => typeof value[DOCUMENT_KEY] === 'string')?.[DOCUMENT_KEY];
  return typeof key === 'string' ? key : undefined;
}

function readMarkdown(toolName: string, result: ToolResult): string {
  for (const value of objectsOf(result))
    for (const name of TEXT_MEMBERS) {
      const text = value[name];
      if (typeof text === 'string' && text.trim() !== '') return text;
    }
  const isNothing = result.content.trim() === '' || result.content === '(no content)';
  if (isNothing || objectsOf(result).length > 0)
    throw failed(toolName, isNothing ? 'it gave no text' : `its answer has none of ${TEXT_MEMBERS.join(', ')}`);
  return result.content;
}

/** What the answer says as data, itself or as JSON in its text, also a level below `result`. */
function objectsOf({ content, data }: ToolResult): readonly JsonObject[] {
  const outer = [data, parseObject(content)].filter(isJsonObject);
  return outer.flatMap((value) => (isJsonObject(value['result']) ? [value['result'], value] : [value]));
}

function parseObject(text: string): JsonValue | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Text that only begins like it.
    return undefined;
  }
}

function propertiesOf(tool: Tool): ReadonlyMap<string, JsonObject> {
  const { properties } = tool.parameters as JsonObject;
  return new Map(isJsonObject(properties) ? Object.entries(properties).map(([name, one]) => [name, isJsonObject(one) ? one : {}]) : []);
}

function failed(toolName: string, reason: string, cause?: unknown): AppError {
  return new AppError('DOCUMENT_PARSER_FAILED', { message: `The parser '${toolName}' failed: ${reason}`, cause });
}

const DOCUMENT_KEY = 'document_key';
const PLACE_ARGUMENTS = [
  'source',
  'file_path',
  'filepath',
  'path',
  'document_path',
  'file',
  'filename',
  'input_path',
  'input',
  'uri',
  'url',
];
const TEXT_MEMBERS = ['markdown', 'text', 'content', 'result'];
const MAX_QUOTED = 300;
