import { choice, duration, integer, named, number, object, optional, type Static, text } from '../schema-builder.js';
import type { LlmSettings } from '../settings.js';
import type { ResolveContext } from './resolve-context.js';

const LlmSchema = object(
  {
    provider: choice(
      ['offline', 'openai'],
      'Who answers. Default: openai when api_key or base_url is given or the variable OPENAI_API_KEY is set, else the built-in offline model.',
    ),
    model: optional(text('Model name; default gpt-4o for openai.', { minLength: 1 })),
    api_key: optional(
      text(
        'Key of the provider. Default: the variable OPENAI_API_KEY, for OpenAI itself only; another service behind base_url is given its own or none.',
        { writeOnly: true },
      ),
    ),
    base_url: text("Address of an OpenAI-compatible service; empty is the provider's own.", {
      default: '',
      pattern: '^$|^https?://.',
      'x-form': 'http://… or https://…',
    }),
    api: choice(
      ['auto', 'responses', 'chat'],
      'Interface to call; auto takes Responses for OpenAI itself and Chat Completions for any other base_url.',
      { default: 'auto' },
    ),
    temperature: optional(number("Randomness; default is the provider's.", { minimum: 0, maximum: 2 })),
    max_tokens: optional(integer("Most tokens of one answer; default is the provider's.", { minimum: 1 })),
    max_tool_output_length: integer('Characters of one tool result that the model sees; 0 is unlimited.', { default: 0, minimum: 0 }),
    max_retries: integer('Further tries after a temporary failure.', { default: 5, minimum: 0, maximum: 100 }),
    idle_timeout_ms: duration('Longest silence of a streaming answer.', { default: 120_000, minimum: 1 }),
    first_token_ms: duration('Offline model only: delay before the first token.', { default: 0, maximum: 600_000 }),
    token_ms: duration('Offline model only: delay between tokens.', { default: 0, maximum: 600_000 }),
  },
  'One language model.',
);

export const LlmsSchema = named(LlmSchema, "Language models by name. Default: one called 'default' (CFG-08).");

const DEFAULT_MODELS = { offline: 'offline', openai: 'gpt-4o' } as const;

export function resolveLlm(llm: Static<typeof LlmSchema>, context: ResolveContext): LlmSettings {
  return {
    provider: llm.provider,
    model: llm.model ?? DEFAULT_MODELS[llm.provider],
    apiKey: llm.api_key ?? defaultKey(llm, context),
    baseUrl: llm.base_url.replace(/\/+$/, ''),
    api: llm.api,
    temperature: llm.temperature,
    maxTokens: llm.max_tokens,
    maxToolOutputLength: llm.max_tool_output_length,
    maxRetries: llm.max_retries,
    idleTimeoutMs: llm.idle_timeout_ms,
    firstTokenMs: llm.first_token_ms,
    tokenMs: llm.token_ms,
  };
}

/** The variable's key belongs to OpenAI itself; another service must be given its own. */
function defaultKey({ provider, base_url }: Static<typeof LlmSchema>, { environment }: ResolveContext): string {
  const isOpenAi = provider === 'openai' && (base_url === '' || /^https:\/\/([\w-]+\.)*openai\.com(\/|$)/.test(base_url));
  return isOpenAi ? (environment.OPENAI_API_KEY ?? '') : '';
}
