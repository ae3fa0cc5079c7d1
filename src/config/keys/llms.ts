import { trimEndOf } from '../../base/trim.js';
import type { Environment } from '../environment.js';
import { choice, duration, flag, integer, list, named, number, object, optional, type Static, section, text } from '../schema-builder.js';
import type { LlmPrice, LlmSettings, OllamaSettings } from '../settings.js';
import { resolveTls, TlsSchema } from './client-tls.js';
import type { ResolveContext } from './resolve-context.js';

const PROVIDERS = ['offline', 'openai', 'anthropic', 'gemini', 'ollama'] as const;
type Provider = (typeof PROVIDERS)[number];

const ThinkingSchema = object(
  {
    enabled: flag('The model thinks before it answers.', { default: true }),
    budget_tokens: integer('Tokens that it may think with; providers without budgets get low up to 1024, medium up to 8192, else high.', {
      default: 1024,
      minimum: 1,
    }),
  },
  'Thinking; left out, the model does as it does by itself.',
);

const PriceSchema = object(
  {
    input: number('Of input.', { minimum: 0 }),
    output: number('Of output, thinking included.', { minimum: 0 }),
    cached: optional(number("Of input read from the provider's cache; default as input.", { minimum: 0 })),
    cache_write: optional(number("Of input written to the provider's cache; default as input.", { minimum: 0 })),
  },
  'Prices per million tokens, in any one currency; budgets need them.',
);

const OllamaSchema = section(
  {
    keep_alive: text('How long the model stays loaded after an answer, such as 5m; -1 is for ever.', { default: '5m' }),
    top_p: optional(number('Nucleus sampling.', { minimum: 0, maximum: 1 })),
    top_k: optional(integer('Tokens that are considered.', { minimum: 1 })),
    num_ctx: optional(integer('Context window in tokens.', { minimum: 1 })),
    seed: optional(integer('Seed of randomness.')),
    stop: list(text('A text that ends the answer.', { minLength: 1 }), 'Texts that end the answer.', { default: [] }),
  },
  'Ollama only.',
);

const LlmSchema = object(
  {
    provider: choice(
      PROVIDERS,
      'Who answers. Default: told by the key, by base_url (openai) or by the name of the model, else by the first variable that is set of ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY and GOOGLE_API_KEY, else the built-in offline model.',
    ),
    model: optional(
      text('Model name; default gpt-4o for openai, claude-haiku-4-5 for anthropic, gemini-2.5-pro for gemini, qwen3 for ollama.', {
        minLength: 1,
      }),
    ),
    api_key: optional(
      text(
        "Key of the provider. Default: its variable (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY or GOOGLE_API_KEY), for the provider's own address only; another service behind base_url is given its own or none.",
        { writeOnly: true },
      ),
    ),
    base_url: text(
      "Address of the service, for openai of any compatible one; empty is the provider's own, for ollama http://127.0.0.1:11434.",
      {
        default: '',
        pattern: '^$|^https?://.',
        'x-form': 'http://… or https://…',
      },
    ),
    api: choice(
      ['auto', 'responses', 'chat'],
      'Interface of openai to call; auto takes Responses for OpenAI itself and Chat Completions for any other base_url.',
      { default: 'auto' },
    ),
    temperature: optional(number("Randomness; default is the provider's. Models that take none are not told.", { minimum: 0, maximum: 2 })),
    max_tokens: optional(integer("Most tokens of one answer; default is the provider's, for anthropic 4096.", { minimum: 1 })),
    max_tool_output_length: integer('Characters of one tool result that the model sees; 0 is unlimited.', { default: 0, minimum: 0 }),
    thinking: optional(ThinkingSchema),
    max_retries: integer('Further tries after a temporary failure.', { default: 5, minimum: 0, maximum: 100 }),
    idle_timeout_ms: optional(duration('Longest silence of a streaming answer; default 2m, for ollama 5m.', { minimum: 1 })),
    tls: TlsSchema,
    fallback: list(
      text('A name in llms.', { minLength: 1 }),
      'Other models, asked in turn when this one fails before it has said anything.',
      {
        default: [],
      },
    ),
    price: optional(PriceSchema),
    ollama: OllamaSchema,
    first_token_ms: duration('Offline model only: delay before the first token.', { default: 0, maximum: 600_000 }),
    token_ms: duration('Offline model only: delay between tokens.', { default: 0, maximum: 600_000 }),
  },
  'One language model.',
);

export const LlmsSchema = named(LlmSchema, "Language models by name. Default: one called 'default' (CFG-08).");

/** CFG-20 */
const DEFAULT_MODELS: Readonly<Record<Provider, string>> = {
  offline: 'offline',
  openai: 'gpt-4o',
  anthropic: 'claude-haiku-4-5',
  gemini: 'gemini-2.5-pro',
  ollama: 'qwen3',
};

export function resolveLlm(llm: Static<typeof LlmSchema>, context: ResolveContext): LlmSettings {
  const { tls, thinking } = llm;
  return {
    provider: llm.provider,
    model: llm.model ?? DEFAULT_MODELS[llm.provider],
    apiKey: llm.api_key ?? defaultKey(llm, context),
    baseUrl: trimEndOf(llm.base_url, '/'),
    api: llm.api,
    temperature: llm.temperature,
    maxTokens: llm.max_tokens,
    maxToolOutputLength: llm.max_tool_output_length,
    thinking: thinking === undefined ? undefined : { enabled: thinking.enabled, budgetTokens: thinking.budget_tokens },
    maxRetries: llm.max_retries,
    idleTimeoutMs: llm.idle_timeout_ms ?? (llm.provider === 'ollama' ? 300_000 : 120_000),
    tls: resolveTls(tls, context),
    fallback: llm.fallback,
    price: resolvePrice(llm.price),
    ollama: resolveOllama(llm.ollama),
    firstTokenMs: llm.first_token_ms,
    tokenMs: llm.token_ms,
  };
}

function resolvePrice(price: Static<typeof PriceSchema> | undefined): LlmPrice | undefined {
  if (price === undefined) return undefined;
  const { input, output, cached = input, cache_write: cacheWrite = input } = price;
  return { input, output, cached, cacheWrite };
}

function resolveOllama(ollama: Static<typeof OllamaSchema>): OllamaSettings {
  const { keep_alive: keepAlive, top_p: topP, top_k: topK, num_ctx: numCtx, seed, stop } = ollama;
  return { keepAlive, topP, topK, numCtx, seed, stop };
}

/** Variables that hold a provider's key, the first that is set counts (CLI-47). */
export const KEY_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  openai: ['OPENAI_API_KEY'],
  anthropic: ['ANTHROPIC_API_KEY'],
  gemini: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
};

export function findEnvironmentKey(provider: string, environment: Environment): string | undefined {
  return KEY_VARIABLES[provider]?.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
}

/** The variable's key belongs to the provider itself; another service must be given its own. */
function defaultKey({ provider, base_url }: Static<typeof LlmSchema>, { environment }: ResolveContext): string {
  const isOwn = base_url === '' || OWN_ADDRESSES[provider]?.test(base_url) === true;
  return isOwn ? (findEnvironmentKey(provider, environment) ?? '') : '';
}

const OWN_ADDRESSES: Readonly<Record<string, RegExp>> = {
  openai: /^https:\/\/([\w-]+\.)*openai\.com(\/|$)/,
  anthropic: /^https:\/\/([\w-]+\.)*anthropic\.com(\/|$)/,
  gemini: /^https:\/\/generativelanguage\.googleapis\.com(\/|$)/,
};
