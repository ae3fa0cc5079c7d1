import { isJsonObject, type JsonObject } from '../base/json.js';
import { detectEmbedder } from './detect-embedder.js';
import { detectProvider } from './detect-provider.js';
import type { Environment } from './environment.js';

type Section = Readonly<Record<string, unknown>>;

/**
 * Writes into the document what was left to Hector: what does not exist, and which of several is meant. It
 * happens before the source is taken, so that a run pinned to that source (R12) is not changed by a variable that appears later.
 *
 * - no `llms`: one called `default` (CFG-08);
 * - an LLM without `provider`: what `detect-provider.ts` finds (CLI-40); an embedder: what `detect-embedder.ts` finds (CLI-42);
 * - no `agents`: one called `assistant` (CFG-08);
 * - no `databases`, `embedders`, `vector_stores`: `_default` (SQLite), `_local`, `_hnsw`;
 * - a reference left out: the entry called `default`, else the first (for `defaults.llm`: else the only one);
 * - the same for the models of searches that ask one (`hyde_llm`, `multi_query_llm`, `rerank_llm`);
 * - `defaults.agent`: the first public agent, since `Settings` no longer know the file's order (API-25).
 *
 * Anything of the wrong shape is passed on as it is, for validation to report.
 */
export function completeDocument(document: JsonObject, environment: Environment): JsonObject {
  const llms = mapSection(orElse(document.llms, { default: {} }), (llm) => withProvider(llm, environment));
  const databases = orElse(document.databases, { _default: { driver: 'sqlite' } });
  const defaultLlm = asSection(llms)?.[String(asSection(document.defaults)?.llm ?? first(llms))];
  const embedders = mapSection(orElse(document.embedders, { _local: { provider: 'local' } }), (embedder) =>
    withEmbedderProvider(embedder, asSection(defaultLlm)?.provider, environment),
  );
  const vectorStores = orElse(document.vector_stores, { _hnsw: { type: 'hnsw' } });
  const agents = orElse(document.agents, { assistant: {} });
  const references = { vector_store: first(vectorStores), embedder: first(embedders) };
  return {
    ...document,
    llms,
    databases,
    embedders,
    vector_stores: vectorStores,
    agents,
    defaults: fill(document.defaults, { llm: defaultOrOnly(llms), agent: firstPublic(agents) }),
    storage: fill(document.storage, { database: first(databases) }),
    ...(document.document_stores === undefined
      ? {}
      : { document_stores: mapSection(document.document_stores, (store) => withSearchModels(fill(store, references), llms)) }),
  } as JsonObject;
}

function withProvider(llm: unknown, environment: Environment): unknown {
  const section = asSection(llm);
  if (section === undefined || section.provider !== undefined) return llm;
  const provider = detectProvider(section, environment);
  return provider === undefined ? llm : { ...section, provider };
}

function withEmbedderProvider(embedder: unknown, llmProvider: unknown, environment: Environment): unknown {
  const section = asSection(embedder);
  if (section === undefined || section.provider !== undefined) return embedder;
  return { ...section, provider: detectEmbedder(section, llmProvider, environment) };
}

/** CFG-70: only what is turned on names its model, so that the rest does not change with `llms`. */
function withSearchModels(store: unknown, llms: unknown): unknown {
  const section = asSection(store);
  const search = asSection(section?.search);
  if (section === undefined || section.search === undefined || search === undefined) return store;
  const isOn = (step: string) => ![undefined, null, false, 'false'].includes(search[`enable_${step}`] as undefined);
  const models = SEARCH_STEPS.filter(isOn).map((step) => [`${step}_llm`, first(llms)]);
  return { ...section, search: fill(search, Object.fromEntries(models)) };
}

function first(value: unknown): string | undefined {
  const names = namesOf(value);
  return names.includes('default') ? 'default' : names[0];
}

function defaultOrOnly(value: unknown): string | undefined {
  const names = namesOf(value);
  return names.includes('default') || names.length === 1 ? first(value) : undefined;
}

/** A visibility that comes from a variable is not known here: such an agent is passed over; so is one that is for some roles only. */
function firstPublic(value: unknown): string | undefined {
  const isPublic = (agent: unknown) => {
    const { visibility = 'public', allowed_roles: roles } = asSection(agent) ?? {};
    return visibility === 'public' && roles === undefined;
  };
  return Object.entries(asSection(value) ?? {}).find(([, agent]) => isPublic(agent))?.[0];
}

function namesOf(value: unknown): string[] {
  return Object.keys(asSection(value) ?? {});
}

/** A section without members (also `llms:` with nothing behind it) is the same as none. */
function orElse(value: unknown, fallback: Section): unknown {
  const section = value === undefined ? {} : asSection(value);
  return section !== undefined && Object.keys(section).length === 0 ? fallback : value;
}

function mapSection(value: unknown, change: (member: unknown) => unknown): unknown {
  const section = asSection(value);
  return section === undefined ? value : Object.fromEntries(Object.entries(section).map(([name, member]) => [name, change(member)]));
}

function fill(value: unknown, additions: Section): unknown {
  const section = value === undefined ? {} : asSection(value);
  if (section === undefined) return value;
  const missing = Object.entries(additions).filter(([key, addition]) => addition !== undefined && section[key] === undefined);
  return { ...section, ...Object.fromEntries(missing) };
}

function asSection(value: unknown): Section | undefined {
  if (value === null) return {};
  return isJsonObject(value) ? value : undefined;
}

const SEARCH_STEPS = ['hyde', 'multi_query', 'rerank'] as const;
