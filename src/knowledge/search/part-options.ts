import type { MetadataFilter } from '../../base/metadata.js';

/** What one way of looking is asked for. */
export interface PartOptions {
  readonly limit: number;
  readonly threshold: number;
  readonly filter: MetadataFilter | undefined;
}
