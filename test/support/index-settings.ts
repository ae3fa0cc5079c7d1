/** Settings of the embedded vector store as an empty configuration gives them. */
import type { SegmentSettings, VectorStoreSettings } from '../../src/config/settings.js';

export const INDEX_SETTINGS: SegmentSettings = {
  engine: 'hnswlib',
  m: 16,
  efConstruction: 128,
  efSearch: 128,
  quantization: 'f32',
  compress: false,
};

export function hnswSettings(persistPath: string, index: Partial<SegmentSettings> = {}): VectorStoreSettings {
  const { compress, ...rest } = { ...INDEX_SETTINGS, ...index };
  return { type: 'hnsw', persistPath, compress, index: rest };
}
