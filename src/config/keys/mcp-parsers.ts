import type { McpParserSettings } from '../knowledge-settings.js';
import { flag, integer, list, object, optional, type Static, text } from '../schema-builder.js';

export const McpParsersSchema = object(
  {
    tool_names: list(
      text('Name of a tool, or <server>_<tool>.', { minLength: 1 }),
      'Tools of MCP servers, in the order in which they are tried.',
      {
        minItems: 1,
      },
    ),
    extensions: list(
      text('Extension.', { minLength: 1, pattern: '^\\.?[A-Za-z0-9]+$', 'x-form': 'an extension such as .pdf' }),
      'Documents that are given to them.',
      { default: ['.pdf', '.docx', '.pptx', '.xlsx'] },
    ),
    priority: optional(
      integer('Who reads first: extractors of our own have 5, plain text 1; default: 8, with prefer_native 4.', {
        minimum: 0,
        maximum: 100,
      }),
    ),
    prefer_native: flag('Extractors of our own go first.', { default: false }),
    path_prefix: text('Where the servers find the root of the source, such as a folder in their container.', { default: '' }),
  },
  'Tools of MCP servers that turn documents into text.',
);

export function resolveMcpParsers(parsers: Static<typeof McpParsersSchema>): McpParserSettings {
  return {
    toolNames: parsers.tool_names,
    extensions: parsers.extensions.map((extension) => `.${extension.toLowerCase().replace(/^\./, '')}`),
    priority: parsers.priority ?? (parsers.prefer_native ? 4 : 8),
    pathPrefix: parsers.path_prefix,
  };
}
