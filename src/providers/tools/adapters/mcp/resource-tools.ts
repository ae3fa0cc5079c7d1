/** A server's resources and prompts as tools, for servers whose configuration asks for it: a model can ask for them as for anything else. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../base/json.js';
import type { McpToolSettings } from '../../../../config/settings.js';
import type { Tool, ToolContext, ToolResult } from '../../contract.js';
import { cleanText } from './clean-text.js';
import { type SendForCall, withPolicy } from './create-tool.js';
import { Problems, readList } from './read-tools.js';
import { readBlock, readResource } from './to-tool-result.js';

interface Offer {
  readonly rawName: string;
  readonly description: string;
  readonly parameters: JsonObject;
  run(args: JsonObject, context: ToolContext): Promise<ToolResult>;
}

export interface ResourceToolsOptions {
  /** Key in `tools`. */
  readonly server: string;
  readonly settings: McpToolSettings;
  readonly send: SendForCall;
}

export function createResourceTools(options: ResourceToolsOptions): readonly Tool[] {
  const { server, send } = options;
  const ask = (context: ToolContext) => (method: string, params: JsonObject) => send(method, params, 'pure', context);
  return toTools(options, [
    {
      rawName: 'list_resources',
      description: `Lists the resources of '${server}': documents and data that read_resource reads, and templates of their addresses.`,
      parameters: NO_ARGUMENTS,
      async run(_args, context) {
        const problems = new Problems();
        const resources = await readList(ask(context), 'resources/list', 'resources', problems);
        // Servers without templates need not know the method.
        const templates = await readList(ask(context), 'resources/templates/list', 'resourceTemplates', problems).catch(() => []);
        return describeEntries([...resources, ...templates], ['uri', 'uriTemplate', 'name', 'description', 'mimeType'], problems.all);
      },
    },
    {
      rawName: 'read_resource',
      description: `Reads a resource of '${server}' by its URI.`,
      parameters: parametersOf({ uri: { type: 'string', description: 'As list_resources tells it, or made from a template.' } }, ['uri']),
      async run({ uri }, context) {
        const result = await send('resources/read', { uri }, 'pure', context);
        const contents = Array.isArray(result['contents']) ? (result['contents'] as readonly JsonValue[]).filter(isJsonObject) : [];
        return joinBlocks(contents.map(readResource), '(the resource is empty)');
      },
    },
  ]);
}

export function createPromptTools(options: ResourceToolsOptions): readonly Tool[] {
  const { server, send } = options;
  return toTools(options, [
    {
      rawName: 'list_prompts',
      description: `Lists the prompts of '${server}': instructions for tasks that it knows well, with their arguments.`,
      parameters: NO_ARGUMENTS,
      async run(_args, context) {
        const problems = new Problems();
        const prompts = await readList((method, params) => send(method, params, 'pure', context), 'prompts/list', 'prompts', problems);
        return describeEntries(prompts, ['name', 'description', 'arguments'], problems.all);
      },
    },
    {
      rawName: 'get_prompt',
      description: `Gets a prompt of '${server}', filled in.`,
      parameters: parametersOf(
        {
          name: { type: 'string', description: 'As list_prompts tells it.' },
          arguments: { type: 'object', description: 'Its arguments, all texts.', additionalProperties: { type: 'string' }, default: {} },
        },
        ['name'],
      ),
      async run({ name, arguments: args = {} }, context) {
        const result = await send('prompts/get', { name, arguments: args }, 'pure', context);
        const messages = Array.isArray(result['messages']) ? (result['messages'] as readonly JsonValue[]).filter(isJsonObject) : [];
        const blocks = messages.map(({ role, content }) => {
          const block = isJsonObject(content) ? readBlock(content) : {};
          return { ...block, text: `${role === 'assistant' ? 'assistant' : 'user'}: ${block.text ?? ''}` };
        });
        return joinBlocks(blocks, '(the prompt is empty)');
      },
    },
  ]);
}

/** Always under the server's name: every server would have them under the same. */
function toTools({ server, settings }: ResourceToolsOptions, offers: readonly Offer[]): readonly Tool[] {
  return offers.map(({ rawName, description, parameters, run }) => ({
    ...withPolicy(
      { rawName, name: `${server.replaceAll('.', '_')}_${rawName}`, description, effect: 'pure' },
      { ...settings, effect: undefined },
    ),
    parameters,
    execute: run,
  }));
}

function describeEntries(entries: readonly JsonObject[], members: readonly string[], problems: readonly string[]): ToolResult {
  const lines = entries.map((entry) =>
    JSON.stringify(Object.fromEntries(members.flatMap((member) => (entry[member] === undefined ? [] : [[member, entry[member]]])))),
  );
  return { content: cleanText([...lines, ...problems].join('\n'), Number.POSITIVE_INFINITY) || '(none)' };
}

function joinBlocks(blocks: readonly ReturnType<typeof readBlock>[], empty: string): ToolResult {
  const files = blocks.flatMap(({ file }) => (file === undefined ? [] : [file]));
  const content = blocks.flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n');
  return { content: content === '' ? empty : content, ...(files.length === 0 ? {} : { files }) };
}

function parametersOf(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required, additionalProperties: false };
}

const NO_ARGUMENTS: JsonObject = { type: 'object', properties: {}, additionalProperties: false };
