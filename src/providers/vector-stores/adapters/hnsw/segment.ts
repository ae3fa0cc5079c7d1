/** A part of a collection that is searched by itself: `flat-segment.ts` (looked at whole), `graph-segment.ts` (by its links). */
import type { MetadataFilter } from '../../../../base/metadata.js';
import type { IndexFile, SharedRows, StoredRows } from '../../../../threads/messages.js';
import type { EntryTable } from './entry-table.js';
import type { Slice } from './slice.js';
import type { TopHits } from './top-hits.js';

export interface SegmentQuery {
  readonly vector: Float32Array;
  readonly topK: number;
  readonly filter: MetadataFilter | undefined;
}

export interface Segment {
  readonly kind: 'flat' | 'graph';
  readonly table: EntryTable;
  readonly dimension: number;
  /** About, without the table. */
  readonly bytes: number;
  search(query: SegmentQuery, hits: TopHits, slice: Slice): Promise<void>;
  /** Valid until the next call. */
  vectorOf(entry: number): Float32Array;
  kill(entry: number): void;
  rowsForBuild(): SharedRows | StoredRows;
  /** Files that the manifest must name, written when they were not yet. */
  files: SegmentFiles | undefined;
  /** Called once, by `SegmentLease` when nobody uses the segment any more. */
  close(): Promise<void>;
}

export interface SegmentFiles {
  readonly table: IndexFile;
  readonly rows: StoredRows;
  readonly graph: IndexFile | undefined;
  /** Entries and rows that the files hold; a growing segment may have more by now. */
  readonly entries: number;
  readonly rowCount: number;
}
