import { isJsonObject } from '../../base/json.js';
import type { VectorIndexSettings } from '../knowledge-settings.js';
import { valueAt } from '../path.js';
import type { Finding } from '../problem.js';
import { choice, integer, optional, type Static, section } from '../schema-builder.js';

/** VEC-09 */
export const VectorIndexSchema = section(
  {
    engine: choice(['hnswlib', 'usearch'], 'hnswlib is built in; usearch is faster and needs the package usearch.', { default: 'hnswlib' }),
    m: integer('Links per vector and layer.', { default: 16, minimum: 4, maximum: 128 }),
    ef_construction: integer('Candidates that are looked at when a vector is put in.', { default: 128, minimum: 8, maximum: 2_000 }),
    ef_search: optional(
      integer('Candidates that are looked at in a search: more find more, and take longer; default 128, with usearch 192.', {
        minimum: 8,
        maximum: 10_000,
      }),
    ),
    quantization: optional(choice(['f32', 'f16', 'i8'], "Numbers of the graph's copy of the vectors; default f32, with usearch f16.")),
  },
  'How the embedded store looks for the nearest.',
);

type VectorIndex = Static<typeof VectorIndexSchema>;

export function resolveVectorIndex(index: VectorIndex): VectorIndexSettings {
  return {
    engine: index.engine,
    m: index.m,
    efConstruction: index.ef_construction,
    efSearch: index.ef_search ?? DEFAULT_EF_SEARCH[index.engine],
    quantization: index.quantization ?? (index.engine === 'usearch' ? 'f16' : 'f32'),
  };
}

/** What finds 97 of the hundred nearest, and a little more, of 100,000 clustered vectors (`bench/README.md`). */
const DEFAULT_EF_SEARCH = { hnswlib: 128, usearch: 192 } as const;

export function checkVectorIndexes(document: unknown): Finding[] {
  const stores = valueAt(document, ['vector_stores']);
  if (!isJsonObject(stores)) return [];
  return Object.keys(stores).flatMap((name) => {
    const path = ['vector_stores', name, 'index', 'quantization'];
    const quantization = valueAt(document, path);
    if (valueAt(document, ['vector_stores', name, 'index', 'engine']) !== 'hnswlib' || quantization === undefined || quantization === 'f32')
      return [];
    return [{ path, description: `is '${String(quantization)}', and hnswlib keeps f32 only; engine: usearch has the others` }];
  });
}
