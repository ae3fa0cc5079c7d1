/** `--docs-folder` and what goes with it, as overrides of the file (CLI-42, CLI-43). */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { findAddress } from './address-flags.js';
import { type CommandInput, findTextFlag, type OptionSpec } from './command.js';

export const RAG_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'docs-folder': {
    type: 'string',
    value: '<folder>',
    description: 'Folder of documents that the agents can search; <folder>:<remote> says where parsers of MCP servers find it',
  },
  'rag-watch': { type: 'boolean', description: 'Changes of the documents are followed (default on)' },
  'include-context': { type: 'boolean', description: 'Put passages that fit the message before the model' },
  'mcp-parser-tool': {
    type: 'string',
    value: '<names>',
    description: 'Tools of MCP servers that read documents, in the order in which they are tried',
  },
  'vector-type': {
    type: 'string',
    value: '<type>',
    description: 'chromem (built in), qdrant, chroma, pinecone, weaviate or milvus',
    choices: ['chromem', 'hnsw', 'qdrant', 'chroma', 'pinecone', 'weaviate', 'milvus'],
  },
  'vector-host': { type: 'string', value: '<host:port>', description: 'Where the vector store is; the name of the index for pinecone' },
  'vector-api-key': { type: 'string', value: '<key>', description: 'Its key' },
  'embedder-provider': {
    type: 'string',
    value: '<provider>',
    description: 'openai, ollama, cohere or local (default: told by the model of the agents)',
    choices: ['openai', 'ollama', 'cohere', 'local'],
  },
  'embedder-model': { type: 'string', value: '<model>', description: 'Model of the embedder' },
  'embedder-url': { type: 'string', value: '<url>', description: 'Address of the embedder' },
  'force-reindex': { type: 'boolean', description: 'Embed all documents anew, once, after the start' },
};

/** Flags that say nothing without documents. */
const WITH_FOLDER = [
  'mcp-parser-tool',
  'vector-type',
  'vector-host',
  'vector-api-key',
  'embedder-provider',
  'embedder-model',
  'embedder-url',
];

export function vectorKeyVariable(input: CommandInput): string {
  return findTextFlag(input, 'vector-type') === 'pinecone' ? 'PINECONE_API_KEY' : 'HECTOR_VECTOR_API_KEY';
}

/** @param quote text that holds no variable */
export function ragOverrides(input: CommandInput, workingDirectory: string, quote: (text: string) => string): JsonObject {
  const folder = findTextFlag(input, 'docs-folder');
  const watch = input.flags['rag-watch'];
  if (folder === undefined) {
    const lonely = WITH_FOLDER.find((flag) => input.flags[flag] !== undefined) ?? (watch === undefined ? undefined : 'rag-watch');
    if (lonely !== undefined)
      throw new AppError('CLI_USAGE', { message: `--${lonely} goes with --docs-folder; write it into the file instead` });
    return {};
  }
  const { local, remote } = splitMapping(folder, workingDirectory);
  const parsers = readList(findTextFlag(input, 'mcp-parser-tool'));
  return {
    embedders: { _rag_embedder: embedder(input, quote) },
    vector_stores: { _rag_vectors: vectorStore(input, quote) },
    document_stores: {
      _rag_docs: {
        source: { type: 'directory', path: quote(local), exclude: ['.git', 'node_modules', '__pycache__', '.hector', 'vendor'] },
        embedder: '_rag_embedder',
        vector_store: '_rag_vectors',
        chunking: { strategy: 'simple', size: 1000, overlap: 200 },
        watch: watch !== false,
        incremental_indexing: true,
        search: { top_k: 10, threshold: 0 },
        ...(parsers.length === 0
          ? {}
          : { mcp_parsers: { tool_names: parsers, extensions: PARSED, ...(remote === '' ? {} : { path_prefix: quote(remote) }) } }),
      },
    },
  };
}

/** `local`, or `local:remote`; the colon of a drive letter, or of a folder that is there, divides nothing. */
function splitMapping(text: string, workingDirectory: string): { readonly local: string; readonly remote: string } {
  const colon = text.lastIndexOf(':');
  const isDivided = colon > 0 && !/^[A-Za-z]$/.test(text.slice(0, colon)) && !isFolder(resolve(workingDirectory, text));
  const local = resolve(workingDirectory, isDivided ? text.slice(0, colon) : text);
  if (!isFolder(local))
    throw new AppError('CLI_USAGE', { message: `--docs-folder is '${text}', which is not a folder; name one that exists` });
  return { local, remote: isDivided ? text.slice(colon + 1) : '' };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function embedder(input: CommandInput, quote: (text: string) => string): JsonObject {
  const [provider, model] = ['embedder-provider', 'embedder-model'].map((flag) => findTextFlag(input, flag));
  const url = findAddress(input, 'embedder-url', quote);
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model: quote(model) }),
    ...(url === undefined ? {} : { base_url: url }),
  };
}

function vectorStore(input: CommandInput, quote: (text: string) => string): JsonObject {
  const type = findTextFlag(input, 'vector-type') ?? 'chromem';
  const host = findTextFlag(input, 'vector-host');
  return {
    type,
    ...(type === 'chromem' || type === 'hnsw' ? { compress: true } : {}),
    ...(host === undefined ? {} : type === 'pinecone' ? { index_name: quote(host) } : splitHost(host)),
    ...(findTextFlag(input, 'vector-api-key') === undefined ? {} : { api_key: `\${${vectorKeyVariable(input)}}` }),
  };
}

/** W-85 */
function splitHost(text: string): JsonObject {
  const match = /^(?:https?:\/\/)?(\[[0-9A-Fa-f:.]+\]|[^:/]+)(?::(\d{1,5}))?\/?$/.exec(text);
  if (match === null) throw new AppError('CLI_USAGE', { message: `--vector-host is '${text}'; wanted host or host:port` });
  const [, host = '', port] = match;
  return { host, ...(port === undefined ? {} : { port: Number(port) }), ...(text.startsWith('https:') ? { enable_tls: true } : {}) };
}

function readList(text = ''): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

const PARSED = ['.pdf', '.docx', '.pptx', '.xlsx', '.html'];
