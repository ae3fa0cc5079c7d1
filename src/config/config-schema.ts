import { AgentsSchema } from './keys/agents.js';
import { ConfigPlaceSchema } from './keys/config-place.js';
import { DatabasesSchema } from './keys/databases.js';
import { DefaultsSchema } from './keys/defaults.js';
import { DocumentStoresSchema } from './keys/document-stores.js';
import { EmbeddersSchema } from './keys/embedders.js';
import { GuardrailsSchema } from './keys/guardrails.js';
import { LlmsSchema } from './keys/llms.js';
import { LoggerSchema } from './keys/logger.js';
import { ObservabilitySchema } from './keys/observability.js';
import { QueueSchema } from './keys/queue.js';
import { RateLimitingSchema } from './keys/rate-limiting.js';
import { RedisSchema } from './keys/redis.js';
import { ServerSchema } from './keys/server.js';
import { StorageSchema } from './keys/storage.js';
import { ToolsSchema } from './keys/tools.js';
import { VectorStoresSchema } from './keys/vector-stores.js';
import { choice, object, optional, type SchemaNode, type Static, text } from './schema-builder.js';

/** The whole configuration, one member per top-level key. */
const ConfigSchema = object(
  {
    version: choice(['2'], 'Version of this format.', { default: '2' }),
    name: text('Name of this deployment.', { default: 'hector', minLength: 1 }),
    description: text('What this deployment is for.', { default: '' }),
    state_directory: text('Folder for state: the embedded Redis and database, vector snapshots.', { default: '.hector', minLength: 1 }),
    redis: RedisSchema,
    databases: DatabasesSchema,
    storage: StorageSchema,
    queue: QueueSchema,
    llms: LlmsSchema,
    embedders: EmbeddersSchema,
    vector_stores: VectorStoresSchema,
    document_stores: DocumentStoresSchema,
    tools: ToolsSchema,
    agents: AgentsSchema,
    guardrails: GuardrailsSchema,
    defaults: DefaultsSchema,
    server: ServerSchema,
    rate_limiting: RateLimitingSchema,
    observability: ObservabilitySchema,
    logger: LoggerSchema,
    config: optional(ConfigPlaceSchema),
  },
  'Configuration of Hector, version 2.',
);

/** A configuration that passed validation, in the words of the file. */
export type ConfigDocument = Static<typeof ConfigSchema>;

export const configSchema = ConfigSchema as unknown as SchemaNode;
