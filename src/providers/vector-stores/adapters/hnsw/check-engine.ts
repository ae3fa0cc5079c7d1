import type { SegmentSettings } from '../../../../config/settings.js';
import { requireUsearch } from './usearch-graph.js';

/** Before anything is stored or searched; hnswlib itself is loaded by the threads that use it. @throws AppError `INDEX_ENGINE_MISSING` */
export function checkEngine(settings: SegmentSettings): void {
  if (settings.engine === 'usearch') requireUsearch();
}
