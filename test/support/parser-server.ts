/**
 * An MCP server that reads documents, as a program of its own over stdio (`node parser-server.js <log> <root> <prefix>`): what Docling
 * and its kind do, for text files. It knows files by `<prefix>/…`, which stands for `<root>/…`, and writes each call into the log.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const [log = '', root = '', prefix = ''] = process.argv.slice(2);
const server = new McpServer({ name: 'parser', version: '1.0.0' });
const converted = new Map<string, string>();

const read = (tool: string, path: string): string => {
  appendFileSync(log, `${tool} ${path}\n`);
  if (!path.startsWith(prefix)) throw new Error(`${path} is not below ${prefix}`);
  return readFileSync(root + path.slice(prefix.length), 'latin1');
};
const answer = (text: string) => ({ content: [{ type: 'text' as const, text }] });

// Shapes of arguments are read from plain JSON Schema, so that a test does not depend on a schema library.
const { server: wire } = server;
wire.registerCapabilities({ tools: {} });
const text = { type: 'string' } as const;
const tools = [
  { name: 'always_fails', inputSchema: { type: 'object' as const, properties: { path: text }, required: ['path'] } },
  { name: 'read_document', inputSchema: { type: 'object' as const, properties: { file_path: text, ocr: { type: 'boolean' } } } },
  {
    name: 'convert_document_into_docling_document',
    inputSchema: { type: 'object' as const, properties: { source: text }, required: ['source'] },
  },
  {
    name: 'export_docling_document_to_markdown',
    inputSchema: { type: 'object' as const, properties: { document_key: text }, required: ['document_key'] },
  },
];
const { CallToolRequestSchema, ListToolsRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
wire.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
wire.setRequestHandler(CallToolRequestSchema, ({ params: { name, arguments: args = {} } }) => {
  try {
    if (name === 'always_fails') {
      read(name, String(args['path']));
      throw new Error('out of order');
    }
    if (name === 'read_document') return answer(`# Read outside\n\n${read(name, String(args['file_path'])).length} bytes by read_document`);
    if (name === 'convert_document_into_docling_document') {
      const key = `key-${converted.size}`;
      converted.set(key, `# Docling\n\n${read(name, String(args['source'])).length} bytes by docling`);
      return answer(JSON.stringify({ from_cache: false, document_key: key }));
    }
    return answer(JSON.stringify({ document_key: args['document_key'], markdown: converted.get(String(args['document_key'])) }));
  } catch (error) {
    return { ...answer(String(error)), isError: true };
  }
});
await server.connect(new StdioServerTransport());
