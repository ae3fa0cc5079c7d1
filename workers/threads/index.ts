/** Entry of the index threads. Named exports answer the messages of `threads/messages.ts`. */
import { GraphHost } from '../../src/providers/vector-stores/adapters/hnsw/graph-host.js';
import { answer } from '../../src/threads/answer.js';
import type { IndexMessages } from '../../src/threads/messages.js';

const host = new GraphHost();

export const position = answer<IndexMessages['position']>((target) => host.position(target), 'INDEX_FAILED');
export const upsert = answer<IndexMessages['upsert']>((request) => host.upsert(request, request.ids, request.vectors), 'INDEX_FAILED');
export const remove = answer<IndexMessages['remove']>((request) => host.remove(request, request.ids), 'INDEX_FAILED');
export const search = answer<IndexMessages['search']>((request) => host.search(request, request.vector, request.topK), 'INDEX_FAILED');
export const count = answer<IndexMessages['count']>((target) => host.count(target), 'INDEX_FAILED');
export const markPosition = answer<IndexMessages['markPosition']>(
  (request) => host.markPosition(request, request.position),
  'INDEX_FAILED',
);
export const save = answer<IndexMessages['save']>((target) => host.save(target), 'INDEX_FAILED');
export const drop = answer<IndexMessages['drop']>((target) => host.drop(target), 'INDEX_FAILED');
