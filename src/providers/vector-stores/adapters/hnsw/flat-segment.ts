/** A segment without a graph: every vector is looked at. Grows at its end; its rows are its entries. */
import type { Metadata } from '../../../../base/metadata.js';
import type { SharedRows } from '../../../../threads/messages.js';
import { EntryTable } from './entry-table.js';
import { FlatRows } from './flat-rows.js';
import type { Segment, SegmentFiles, SegmentQuery } from './segment.js';
import type { Slice } from './slice.js';
import type { TopHits } from './top-hits.js';

export class FlatSegment implements Segment {
  readonly kind = 'flat';
  readonly table = new EntryTable();
  readonly dimension: number;
  readonly rows: FlatRows;
  files: SegmentFiles | undefined;

  constructor(dimension: number, capacity: number) {
    this.dimension = dimension;
    this.rows = new FlatRows(dimension, capacity);
  }

  get bytes(): number {
    return this.rows.bytes;
  }

  append(id: string, metadata: Metadata, vector: Float32Array): void {
    this.rows.append(vector);
    this.table.append(id, this.table.intern(metadata), this.table.size);
  }

  async search({ vector, filter }: SegmentQuery, hits: TopHits, slice: Slice): Promise<void> {
    const matching = filter && (await this.table.matching(filter, slice));
    const scores = this.rows.scores(vector);
    for (let entry = 0; entry < scores.length; entry++) {
      const score = scores[entry] as number;
      if (score < hits.floor || !this.table.isAlive(entry)) continue;
      if (matching !== undefined && matching.bits[entry] !== 1) continue;
      hits.offer(this.table.id(entry), score);
    }
  }

  vectorOf(entry: number): Float32Array {
    return this.rows.row(entry);
  }

  kill(entry: number): void {
    this.table.kill(entry);
  }

  rowsForBuild(): SharedRows {
    const { buffer, offset, stride } = this.rows;
    return { type: 'shared', buffer, offset, stride };
  }

  async close(): Promise<void> {}
}
