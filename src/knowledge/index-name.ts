import type { VectorStore } from '../providers/vector-stores/contract.js';
import type { LeftPlace } from './runs/left-stores.js';

/** What the vectors of one embedder in one collection are called in a vector store; in one that others share, of this database alone. */
export function indexName({ isShared }: Pick<VectorStore, 'isShared'>, { collection, embedder, source }: LeftPlace): string {
  return isShared === true ? `${collection}@${embedder}@${source}` : `${collection}@${embedder}`;
}
