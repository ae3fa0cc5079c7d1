import { CollectionHost } from '../../src/providers/vector-stores/adapters/hnsw/collection-host.js';
import { answer } from '../../src/threads/answer.js';
import type { IndexMessages } from '../../src/threads/messages.js';

const host = new CollectionHost();

export const position = on('position', (target) => host.position(target));
export const upsert = on('upsert', (request) => host.upsert(request, request.ids, request.metadata, request.vectors));
export const remove = on('remove', (request) => host.remove(request, request.ids));
export const removeWhere = on('removeWhere', (request) => host.removeWhere(request, request.filter));
export const search = on('search', ({ vector, topK, filter, ...target }) => host.search(target, { vector, topK, filter }));
export const count = on('count', (target) => host.count(target));
export const health = on('health', (target) => host.health(target));
export const markPosition = on('markPosition', (request) => host.markPosition(request, request.position));
export const save = on('save', (target) => host.save(target));
export const drop = on('drop', (target) => host.drop(target));
export const planBuild = on('planBuild', (target) => host.planBuild(target));
export const adoptBuild = on('adoptBuild', (request) => host.adoptBuild(request, request.id, request.built));
export const abandonBuild = on('abandonBuild', (request) => host.abandonBuild(request, request.id));

function on<K extends keyof IndexMessages>(
  _name: K,
  handler: (request: IndexMessages[K]['request']) => Promise<IndexMessages[K]['reply']>,
) {
  return answer<IndexMessages[K]>(handler, 'INDEX_FAILED');
}
