import { resolve } from 'node:path';
import { freezeDeep } from '../base/freeze-deep.js';
import { canonicalJson, sha256Hex } from '../base/json.js';
import { applyDefaults } from './apply-defaults.js';
import { checkAgentOutput } from './check-agent-output.js';
import { checkAuth } from './check-auth.js';
import { checkCards } from './check-cards.js';
import { checkEmbedders } from './check-embedders.js';
import { checkFront } from './check-front.js';
import { checkGuardrails } from './check-guardrails.js';
import { checkLlms } from './check-llms.js';
import { checkObservability } from './check-observability.js';
import { checkRateLimiting } from './check-rate-limiting.js';
import { checkReferences } from './check-references.js';
import { checkSources } from './check-sources.js';
import { checkTools } from './check-tools.js';
import { coerceValues } from './coerce-values.js';
import { type ConfigDocument, configSchema } from './config-schema.js';
import type { Environment } from './environment.js';
import { hideSecrets } from './hide-secrets.js';
import { interpolate } from './interpolate.js';
import { resolveAgent } from './keys/agents.js';
import { checkConfigPlace } from './keys/config-place.js';
import { resolveDatabase } from './keys/databases.js';
import { resolveDocumentStore } from './keys/document-stores.js';
import { resolveEmbedder } from './keys/embedders.js';
import { resolveGuardrail } from './keys/guardrails.js';
import { resolveLlm } from './keys/llms.js';
import { checkLogVariables, resolveLogger } from './keys/logger.js';
import { resolveObservability } from './keys/observability.js';
import { resolveQueue } from './keys/queue.js';
import { resolveRateLimiting } from './keys/rate-limiting.js';
import { checkRedisVariable, resolveRedis } from './keys/redis.js';
import { resolveServer } from './keys/server.js';
import { resolveStorage } from './keys/storage.js';
import { resolveBuiltInTools, resolveTool } from './keys/tools.js';
import { checkVectorIndexes } from './keys/vector-index.js';
import { checkVectorServices } from './keys/vector-services.js';
import { resolveVectorStore } from './keys/vector-stores.js';
import { type Locate, throwFindings } from './problem.js';
import type { Settings } from './settings.js';
import { validateDocument } from './validate-document.js';

export interface BuildOptions {
  readonly environment: Environment;
  /** Absolute; relative paths in the configuration start here, not at the file. */
  readonly workingDirectory: string;
  readonly locate: Locate;
  /** What the messages call the configuration. */
  readonly where: string;
}

/** Stages from a source text to frozen settings: interpolate, weak typing, defaults, validation, references, resolution. */
export function buildSettings(source: string, options: BuildOptions): Settings {
  const { environment } = options;
  const interpolated = interpolate(JSON.parse(source), environment);
  const document = applyDefaults(configSchema, coerceValues(configSchema, interpolated.value));
  const stages = [
    interpolated.findings,
    validateDocument(document),
    [
      ...checkConfigPlace(document),
      ...checkReferences(document),
      ...checkAgentOutput(document),
      ...checkGuardrails(document),
      ...checkTools(document),
      ...checkSources(document),
      ...checkVectorIndexes(document),
      ...checkVectorServices(document, environment),
      ...checkCards(document),
      ...checkAuth(document),
      ...checkLlms(document, environment),
      ...checkEmbedders(document, environment),
      ...checkObservability(document),
      ...checkRateLimiting(document),
      ...checkFront(document),
      ...checkLogVariables(environment),
      ...checkRedisVariable(environment),
    ],
  ];
  const shown = stages.map((findings) =>
    findings.map(({ path, description }) => ({ path, description: hideSecrets(description, environment) })),
  );
  throwFindings(shown, options.locate, options.where);
  return resolveSettings(document as ConfigDocument, source, options);
}

function resolveSettings(document: ConfigDocument, source: string, { environment, workingDirectory }: BuildOptions): Settings {
  const stateDirectory = resolve(workingDirectory, document.state_directory);
  const context = { environment, workingDirectory, stateDirectory };
  const storeNames = Object.keys(document.document_stores);
  return freezeDeep<Settings>({
    version: sha256Hex(source).slice(0, 16),
    source,
    name: document.name,
    description: document.description,
    stateDirectory,
    redis: resolveRedis(document.redis, context),
    databases: mapValues(document.databases, (database) => resolveDatabase(database, context)),
    storage: resolveStorage(document.storage),
    queue: resolveQueue(document.queue),
    llms: mapValues(document.llms, (llm) => resolveLlm(llm, context)),
    embedders: mapValues(document.embedders, (embedder) => resolveEmbedder(embedder, context)),
    vectorStores: mapValues(document.vector_stores, (store) => resolveVectorStore(store, context)),
    documentStores: mapValues(document.document_stores, (store, name) => resolveDocumentStore(name, store, context)),
    tools: mapValues(document.tools, (tool) => resolveTool(tool, context)),
    builtInTools: resolveBuiltInTools(context),
    agents: mapValues(document.agents, (agent, name) =>
      resolveAgent(name, { ...agent, llm: agent.llm ?? document.defaults.llm ?? (Object.keys(document.llms)[0] as string) }, storeNames),
    ),
    guardrails: mapValues(document.guardrails, resolveGuardrail),
    defaults: { agent: document.defaults.agent },
    server: resolveServer(document.server, workingDirectory),
    rateLimiting: resolveRateLimiting(document.rate_limiting),
    observability: resolveObservability(document.observability),
    logger: resolveLogger(document.logger, context),
  });
}

/** Canonical JSON: equal configurations give equal text, and so equal versions. */
export function sourceOf(document: unknown): string {
  return canonicalJson(document);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
