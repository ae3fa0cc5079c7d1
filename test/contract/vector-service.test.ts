/** The services by peers that are built from their published API descriptions. */
import t, { type Test } from 'tap';
import type { VectorServiceSettings, VectorServiceType } from '../../src/config/settings.js';
import { createMilvusPeer } from '../support/peers/vectors/milvus-peer.js';
import { createPineconePeer } from '../support/peers/vectors/pinecone-peer.js';
import { createQdrantPeer } from '../support/peers/vectors/qdrant-peer.js';
import { type PeerService, startVectorPeer } from '../support/peers/vectors/vector-peer.js';
import { createWeaviatePeer } from '../support/peers/vectors/weaviate-peer.js';
import { serviceSettings } from '../support/service-settings.js';
import { openStore, vectorServiceContract } from './vector-service.js';

function openWith(type: VectorServiceType, peer: () => PeerService, changed: Partial<VectorServiceSettings> = {}) {
  return async (t: Test) => {
    const { url } = await startVectorPeer(t, peer());
    return { settings: serviceSettings(type, { url, apiKey: 'sesame', ...changed }) };
  };
}

t.test('qdrant (VEC-02, W-83)', async (t) =>
  vectorServiceContract(
    t,
    openWith('qdrant', () => createQdrantPeer('sesame')),
  ),
);

t.test('weaviate (VEC-05, W-83)', async (t) =>
  vectorServiceContract(
    t,
    openWith('weaviate', () => createWeaviatePeer({ apiKey: 'sesame' })),
  ),
);

t.test('milvus (VEC-06, W-83)', async (t) =>
  vectorServiceContract(
    t,
    openWith('milvus', () => createMilvusPeer('root:Milvus'), { apiKey: 'root:Milvus' }),
  ),
);

t.test('pinecone (VEC-04, W-83)', async (t) =>
  vectorServiceContract(
    t,
    openWith('pinecone', () => createPineconePeer({ apiKey: 'sesame' })),
    { hasOneDimension: true },
  ),
);

t.test('pinecone: the position is told when everything before it can be found, not when it was answered (VEC-04)', async (t) => {
  const { url } = await startVectorPeer(t, createPineconePeer({ apiKey: 'sesame', lag: 4 }));
  const store = openStore(t, serviceSettings('pinecone', { url, apiKey: 'sesame' }));
  const vector = Float32Array.of(0.6, 0.8);
  await store.upsert('c', [{ id: 'a', vector, metadata: {} }]);
  t.same((await store.search('c', { vector, topK: 1 })).hits, [], 'answered, and not yet to be found');
  await store.markPosition('c', { source: 's', version: 1 });
  t.match((await store.search('c', { vector, topK: 1 })).hits, [{ id: 'a' }]);
});

t.test('pinecone: an index that compares otherwise, or has vectors of another length, is not used', async (t) => {
  const index = { name: 'hector-index', dimension: 2, metric: 'euclidean' };
  const entry = { id: 'a', vector: Float32Array.of(0.6, 0.8), metadata: {} };
  for (const [changed, code] of [
    [{}, 'VECTOR_STORE_UNUSABLE'],
    [{ metric: 'cosine', dimension: 3 }, 'INDEX_FAILED'],
  ] as const) {
    const { url } = await startVectorPeer(t, createPineconePeer({ apiKey: 'sesame', index: { ...index, ...changed } }));
    const store = openStore(t, serviceSettings('pinecone', { url, apiKey: 'sesame' }));
    await t.rejects(store.upsert('c', [entry]), { code, message: /vector_stores\.v\.index_name/ });
  }
});

t.test('weaviate removes in as many requests as its limit of results asks for', async (t) => {
  const { url } = await startVectorPeer(t, createWeaviatePeer({ apiKey: 'sesame', maxResults: 500 }));
  const store = openStore(t, serviceSettings('weaviate', { url, apiKey: 'sesame' }));
  const entries = Array.from({ length: 1_200 }, (_, index) => ({
    id: `v${index}`,
    vector: Float32Array.of(1, index),
    metadata: { odd: index % 2 === 1 },
  }));
  await store.upsert('c', entries);
  await store.removeWhere('c', { odd: true });
  t.equal(await store.count('c'), 600);
  await store.removeWhere('c', {});
  t.equal(await store.count('c'), 0);
});
