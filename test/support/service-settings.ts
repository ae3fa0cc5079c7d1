/** Settings of a vector service as a configuration of nothing but its type and address gives them. */
import type { VectorServiceSettings, VectorServiceType } from '../../src/config/settings.js';

export function serviceSettings(
  type: VectorServiceType,
  changed: Partial<VectorServiceSettings> & { readonly url: string },
): VectorServiceSettings {
  return {
    type,
    apiKey: '',
    collection: 'hector',
    database: '',
    tenant: '',
    indexName: 'hector-index',
    environment: '',
    cloud: 'aws',
    region: 'us-east-1',
    timeoutMs: 10_000,
    tls: { insecureSkipVerify: false, caCertificate: '' },
    ...changed,
  };
}
