/** Settings of the embedded vector store as an empty configuration gives them. */
import type { VectorIndexSettings, VectorStoreSettings } from '../../src/config/settings.js';

export const INDEX_SETTINGS: VectorIndexSettings = {
  engine: 'hnswlib',
  m: 16,
  efConstruction: 128,
  efSearch: 128,
  quantization: 'f32',
  compress: false,
};

export function hnswSettings(persistPath: string, index: Partial<VectorIndexSettings> = {}): VectorStoreSettings {
  return { type: 'hnsw', persistPath, index: { ...INDEX_SETTINGS, ...index } };
}
