/** Models and embedders: whether their services answer, and take the keys. Nothing is generated, so nothing is paid. */
import { describeError } from '../../base/errors.js';
import { type Finding, fail, ok, warn } from '../../base/finding.js';
import { isJsonObject } from '../../base/json.js';
import type { LlmSettings, Settings } from '../../config/settings.js';

interface Service {
  readonly check: string;
  readonly provider: string;
  readonly model: string;
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly keyPath: string;
}

export async function checkModels({ llms, embedders, agents, documentStores }: Settings): Promise<readonly Finding[]> {
  const asked = new Set(Object.values(agents).map(({ llm }) => llm));
  const fallbacks = Object.values(llms).flatMap(({ fallback }) => fallback);
  const used = Object.entries(llms).filter(([name]) => asked.has(name) || fallbacks.includes(name));
  const stores = new Set(Object.values(documentStores).map(({ embedder }) => embedder));
  const services: Service[] = [
    ...used.map(([name, llm]) => ({ check: `Model ${name}`, keyPath: `llms.${name}`, ...describe(llm) })),
    ...Object.entries(embedders)
      .filter(([name]) => stores.has(name))
      .map(([name, { provider, model, apiKey, baseUrl }]) => ({
        check: `Embedder ${name}`,
        keyPath: `embedders.${name}`,
        provider,
        model,
        apiKey,
        baseUrl,
      })),
  ];
  return await Promise.all(services.map(checkService));
}

function describe({ provider, model, apiKey, baseUrl }: LlmSettings) {
  return { provider, model, apiKey, baseUrl };
}

async function checkService(service: Service): Promise<Finding> {
  const { check, provider, model, apiKey, baseUrl, keyPath } = service;
  if (provider === 'offline')
    return warn(
      check,
      'is the built-in offline model, which only quotes what it is given',
      'set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for a real one',
    );
  if (provider === 'local') return ok(check, 'is built in');
  const variable = VARIABLES[provider];
  if (apiKey === '' && variable !== undefined && baseUrl === '')
    return fail(check, `${provider} wants a key, and there is none`, `set ${variable}, or write ${keyPath}.api_key: \${…}`);
  const url = listUrl(service);
  let response: Response;
  try {
    response = await fetch(url, { headers: headersOf(service), redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? describeError(error.cause) : describeError(error);
    return fail(
      check,
      `${new URL(url).host} does not answer (${reason})`,
      `start it or correct ${keyPath}.base_url; behind a proxy, let this machine reach it`,
    );
  }
  if (response.status === 401 || response.status === 403)
    return fail(
      check,
      `${provider} refuses the key (HTTP ${response.status})`,
      `set ${variable ?? `${keyPath}.api_key`} to one that is valid`,
    );
  if (provider !== 'ollama' || !response.ok) return ok(check, `${provider} ${model} answers (HTTP ${response.status})`);
  return (await hasOllamaModel(response, model))
    ? ok(check, `ollama ${model}`)
    : fail(check, `ollama has no model '${model}'`, `ollama pull ${model}`);
}

async function hasOllamaModel(response: Response, model: string): Promise<boolean> {
  const body: unknown = await response.json().catch(() => undefined);
  const models = isJsonObject(body) && Array.isArray(body.models) ? body.models : [];
  return models.some((entry) => isJsonObject(entry) && String(entry.name).replace(/:latest$/, '') === model.replace(/:latest$/, ''));
}

/** Where a service lists its models. */
function listUrl({ provider, baseUrl }: Service): string {
  const base = baseUrl === '' ? ADDRESSES[provider] : baseUrl;
  if (provider === 'ollama') return `${base}/api/tags`;
  if (provider === 'anthropic') return `${base?.replace(/\/v1$/, '')}/v1/models`;
  return `${base}/models`;
}

function headersOf({ provider, apiKey }: Service): Record<string, string> {
  if (apiKey === '') return {};
  if (provider === 'anthropic') return { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' };
  return provider === 'gemini' ? { 'x-goog-api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
}

const VARIABLES: Readonly<Record<string, string>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  gemini: 'GEMINI_API_KEY',
  cohere: 'COHERE_API_KEY',
};
const ADDRESSES: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
  gemini: 'https://generativelanguage.googleapis.com/v1beta',
  cohere: 'https://api.cohere.com/v1',
  ollama: 'http://localhost:11434',
};
const TIMEOUT_MS = 5_000;
