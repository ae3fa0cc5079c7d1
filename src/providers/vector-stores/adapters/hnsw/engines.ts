/** Engine by its name in `vector_stores.<name>.index.engine`. */
import type { SegmentSettings } from '../../../../config/settings.js';
import type { GraphEngine } from './graph-engine.js';
import { hnswlibEngine } from './hnswlib-graph.js';
import { usearchEngine } from './usearch-graph.js';

export function engineOf(settings: SegmentSettings): GraphEngine {
  return settings.engine === 'usearch' ? usearchEngine : hnswlibEngine;
}
