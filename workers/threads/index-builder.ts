import { buildSegment } from '../../src/providers/vector-stores/adapters/hnsw/build-segment.js';
import { answer } from '../../src/threads/answer.js';
import type { IndexBuilderMessages } from '../../src/threads/messages.js';

export const build = answer<IndexBuilderMessages['build']>(buildSegment, 'INDEX_FAILED');
