import { isJsonObject } from '../../base/json.js';
import { trimEndOf } from '../../base/trim.js';
import { parseDuration } from '../duration.js';
import type { Environment } from '../environment.js';
import { valueAt } from '../path.js';
import type { Finding } from '../problem.js';
import type { VectorServiceSettings, VectorServiceType } from '../settings.js';
import { resolveTls, type TlsConfig } from './client-tls.js';
import type { ResolveContext } from './resolve-context.js';

/** What `vector_stores.<name>` says of a service. */
export interface VectorServiceConfig {
  readonly url: string;
  readonly host: string;
  readonly port?: number;
  readonly enable_tls: boolean;
  readonly api_key?: string;
  readonly collection: string;
  readonly database: string;
  readonly tenant: string;
  readonly index_name: string;
  readonly environment: string;
  readonly cloud: string;
  readonly region: string;
  readonly timeout: string;
  readonly tls: TlsConfig;
}

/** VEC-02 … VEC-06 */
export function resolveVectorService(type: VectorServiceType, store: VectorServiceConfig, context: ResolveContext): VectorServiceSettings {
  const url = addressOf(type, store);
  return {
    type,
    url,
    apiKey: store.api_key ?? (type === 'pinecone' && OWN_PINECONE.test(url) ? (context.environment['PINECONE_API_KEY'] ?? '') : ''),
    collection: store.collection,
    database: store.database,
    tenant: store.tenant,
    indexName: store.index_name,
    environment: store.environment,
    cloud: store.cloud,
    region: store.region,
    timeoutMs: Math.max(1, /^[\d.]+$/.test(store.timeout) ? Number(store.timeout) * 1_000 : (parseDuration(store.timeout) ?? 0)),
    tls: resolveTls(store.tls, context),
  };
}

/** What the schema of one key cannot see: keys and addresses that exclude or need each other. */
export function checkVectorServices(document: unknown, environment: Environment): Finding[] {
  const stores = valueAt(document, ['vector_stores']);
  if (!isJsonObject(stores)) return [];
  return Object.entries(stores).flatMap(([name, store]) => {
    if (!isJsonObject(store) || store['type'] === 'hnsw') return [];
    const findings: Finding[] = [];
    const { type, url, host, port, api_key: key } = store;
    if (url !== '' && (host !== '' || port !== undefined))
      findings.push({
        path: ['vector_stores', name, 'url'],
        description: 'stands beside host or port; one of them says where the service is',
      });
    if (typeof host === 'string' && host !== '' && !HOST.test(host))
      findings.push({
        path: ['vector_stores', name, 'host'],
        description: `the value is '${host}'; wanted a host name or address, with or without :port; a whole address goes into url`,
      });
    if (type === 'pinecone' && (key ?? '') === '' && (url === '' || OWN_PINECONE.test(String(url))) && !environment['PINECONE_API_KEY'])
      findings.push({
        path: ['vector_stores', name, 'api_key'],
        description: `missing; write api_key: \${PINECONE_API_KEY} and set that variable`,
      });
    return findings;
  });
}

/** W-85: `host` may hold the port as well. */
function addressOf(type: VectorServiceType, { url, host, port, enable_tls: isTls }: VectorServiceConfig): string {
  if (url !== '') return trimEndOf(url, '/');
  if (type === 'pinecone' && host === '') return PINECONE_API;
  const [, name = host, written] = HOST.exec(host || 'localhost') ?? [];
  const chosen = port ?? written ?? DEFAULT_PORTS[type];
  return `${isTls || type === 'pinecone' ? 'https' : 'http'}://${name}${chosen === '' ? '' : `:${chosen}`}`;
}

const HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/;
const PINECONE_API = 'https://api.pinecone.io';
const OWN_PINECONE = /^https:\/\/([\w-]+\.)*pinecone\.io(:|\/|$)/;
const DEFAULT_PORTS: Readonly<Record<VectorServiceType, string>> = {
  qdrant: '6333',
  chroma: '8000',
  weaviate: '8080',
  milvus: '19530',
  pinecone: '',
};
