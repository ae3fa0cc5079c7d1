import { trimEndOf } from '../../base/trim.js';
import { parseDuration } from '../duration.js';
import type { Environment } from '../environment.js';
import { choice, flag, integer, named, object, optional, type Static, section, text } from '../schema-builder.js';
import type { EmbedderProvider, EmbedderSettings } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';

const PROVIDERS = ['local', 'ollama', 'openai', 'cohere'] as const satisfies readonly EmbedderProvider[];

const CacheSchema = section(
  {
    enabled: flag('Vectors are kept in the database by the text they are of, so that no text is paid twice; not for local.', {
      default: true,
    }),
    max_entries: integer('Vectors that are kept; those which nobody asked for longest go first. 50,000 of 1,536 numbers take 300 MB.', {
      default: 50_000,
      minimum: 1,
      maximum: 100_000_000,
    }),
  },
  'Vectors that were computed before.',
);

const EmbedderSchema = object(
  {
    provider: choice(
      PROVIDERS,
      'Who computes vectors; local is built in: hashed words and character sequences, no download. Default: told by model, api_key or base_url (openai), else by the model of the agents: openai and ollama are their own, anthropic and gemini take the first of OPENAI_API_KEY, COHERE_API_KEY and ollama, offline takes local.',
    ),
    model: optional(
      text('Model name; default text-embedding-3-small for openai, embed-english-v3.0 for cohere, nomic-embed-text for ollama.', {
        minLength: 1,
      }),
    ),
    api_key: optional(
      text(
        "Key of the service. Default: OPENAI_API_KEY or COHERE_API_KEY, for the service's own address only; another one behind base_url is given its own or none.",
        { writeOnly: true },
      ),
    ),
    base_url: text(
      "Address of the service, for openai of any compatible one; empty is the provider's own, for ollama http://127.0.0.1:11434.",
      { default: '', pattern: '^$|^https?://.', 'x-form': 'http://… or https://…' },
    ),
    dimension: integer('Length of a vector; auto is what the model is known to give, or what its first answer shows. For local 384.', {
      default: 0,
      minimum: 0,
      maximum: 16_384,
      'x-words': { auto: 0 },
    }),
    timeout: text('Longest wait for the answer to one request; a bare number is seconds.', {
      default: '30',
      pattern: '^\\d+(\\.\\d+)?$|^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$',
      'x-form': 'seconds, or a duration such as 2m',
    }),
    batch_size: integer('Texts in one request at most; cohere takes no more than 96.', { default: 100, minimum: 1, maximum: 10_000 }),
    encoding_format: choice(
      ['float', 'base64'],
      'openai only: how vectors are written; base64 is a third of the size, and not known to every server.',
      {
        default: 'float',
      },
    ),
    user: text('openai only: who asks, for its own records.', { default: '' }),
    input_type: choice(
      ['auto', 'search_document', 'search_query', 'classification', 'clustering'],
      'cohere only: what texts are for; auto is search_document for documents and search_query for queries.',
      { default: 'auto' },
    ),
    output_dimension: integer('Length of vectors that the service is asked for, where its model can shorten them; 0 is its own.', {
      default: 0,
      minimum: 0,
      maximum: 16_384,
    }),
    truncate: optional(
      choice(
        ['NONE', 'START', 'END'],
        'A text too long for the model: NONE fails its document, START and END are where it is cut. Default: END for cohere, else NONE.',
      ),
    ),
    requests_per_minute: integer("Requests per minute of all processes together; 0: the service's own headers and refusals tell.", {
      default: 0,
      minimum: 0,
      maximum: 10_000_000,
    }),
    tokens_per_minute: integer('Tokens per minute of all processes together, in the same way.', {
      default: 0,
      minimum: 0,
      maximum: 10_000_000_000,
    }),
    cache: CacheSchema,
  },
  'One embedder.',
);

export const EmbeddersSchema = named(EmbedderSchema, "Embedders by name. Default: the built-in one, called '_local'.");

export function resolveEmbedder(embedder: Static<typeof EmbedderSchema>, context: ResolveContext): EmbedderSettings {
  const { provider, timeout } = embedder;
  return {
    provider,
    model: embedder.model ?? DEFAULT_MODELS[provider],
    apiKey: embedder.api_key ?? defaultKey(embedder, context),
    baseUrl: trimEndOf(embedder.base_url, '/'),
    dimension: provider === 'local' && embedder.dimension === 0 ? LOCAL_DIMENSION : embedder.dimension,
    timeoutMs: Math.max(1, /^[\d.]+$/.test(timeout) ? Number(timeout) * 1_000 : (parseDuration(timeout) ?? 0)),
    batchSize: embedder.batch_size,
    encodingFormat: embedder.encoding_format,
    user: embedder.user,
    inputType: embedder.input_type,
    outputDimension: embedder.output_dimension,
    truncate: embedder.truncate ?? (provider === 'cohere' ? 'END' : 'NONE'),
    requestsPerMinute: embedder.requests_per_minute,
    tokensPerMinute: embedder.tokens_per_minute,
    cache: { enabled: embedder.cache.enabled, maxEntries: embedder.cache.max_entries },
  };
}

/** EMB-01, EMB-02, EMB-03 */
const DEFAULT_MODELS: Readonly<Record<EmbedderProvider, string>> = {
  local: 'hashed-ngrams',
  ollama: 'nomic-embed-text',
  openai: 'text-embedding-3-small',
  cohere: 'embed-english-v3.0',
};
const LOCAL_DIMENSION = 384;

/** Variables that hold a service's key (CLI-47). */
export const EMBEDDER_KEYS: Readonly<Record<string, string>> = { openai: 'OPENAI_API_KEY', cohere: 'COHERE_API_KEY' };

export function findEmbedderKey(provider: string, environment: Environment): string | undefined {
  const variable = EMBEDDER_KEYS[provider];
  return (variable === undefined ? undefined : environment[variable]) || undefined;
}

/** The variable's key belongs to the service itself; another one must be given its own. */
function defaultKey({ provider, base_url }: Static<typeof EmbedderSchema>, { environment }: ResolveContext): string {
  const isOwn = base_url === '' || OWN_ADDRESSES[provider]?.test(base_url) === true;
  return isOwn ? (findEmbedderKey(provider, environment) ?? '') : '';
}

const OWN_ADDRESSES: Readonly<Record<string, RegExp>> = {
  openai: /^https:\/\/([\w-]+\.)*openai\.com(\/|$)/,
  cohere: /^https:\/\/([\w-]+\.)*cohere\.(com|ai)(\/|$)/,
};
