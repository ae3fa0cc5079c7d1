/** The services by peers that are built from their published API descriptions. */
import t, { type Test } from 'tap';
import type { VectorServiceSettings, VectorServiceType } from '../../src/config/settings.js';
import { createMilvusPeer } from '../support/peers/vectors/milvus-peer.js';
import { createPineconePeer } from '../support/peers/vectors/pinecone-peer.js';
import { createQdrantPeer } from '../support/peers/vectors/qdrant-peer.js';
import { type PeerService, startVectorPeer } from '../support/peers/vectors/vector-peer.js';
import { createWeaviatePeer } from '../support/peers/vectors/weaviate-peer.js';
import { serviceSettings } from '../support/service-settings.js';
import { vectorServiceContract } from './vector-service.js';

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
  // Few enough that removing takes several requests.
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
