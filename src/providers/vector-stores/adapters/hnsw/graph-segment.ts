/**
 * A sealed segment: a graph that never changes, and the entries that lead to its rows (several, when their vectors are equal).
 *
 * 1. A row whose entries are all dead is hidden in the graph or passed over.
 * 2. A graph answers from what its links lead to. When they lead to fewer than were asked for, or few entries match a filter, the
 *    vectors are looked at one by one instead, giving way.
 */
import type { StoredRows } from '../../../../threads/messages.js';
import type { EntryTable } from './entry-table.js';
import type { SearchGraph } from './graph-engine.js';
import { innerProduct, RowReader } from './row-reader.js';
import type { Segment, SegmentFiles, SegmentQuery } from './segment.js';
import type { SegmentFile } from './segment-file.js';
import type { Slice } from './slice.js';
import type { TopHits } from './top-hits.js';

export interface GraphSegmentParts {
  readonly dimension: number;
  readonly table: EntryTable;
  readonly graph: SearchGraph;
  readonly rowCount: number;
  readonly rows: StoredRows;
  readonly graphFile: SegmentFile;
  readonly rowsFile: SegmentFile;
}

export class GraphSegment implements Segment {
  readonly kind = 'graph';
  readonly dimension: number;
  readonly table: EntryTable;
  readonly rowCount: number;
  readonly rows: StoredRows;
  files: SegmentFiles | undefined;
  readonly #graph: SearchGraph;
  readonly #openFiles: ReadonlySet<SegmentFile>;
  readonly #reader: RowReader;
  readonly #entriesOf: RowEntries;
  /** Living entries by row. */
  readonly #living: Uint32Array;
  #livingRows = 0;

  constructor({ dimension, table, graph, rowCount, rows, graphFile, rowsFile }: GraphSegmentParts) {
    this.dimension = dimension;
    this.table = table;
    this.rowCount = rowCount;
    this.rows = rows;
    this.#graph = graph;
    this.#openFiles = new Set([graphFile, rowsFile]);
    this.#reader = new RowReader(rowsFile.descriptor, rows, dimension);
    this.#entriesOf = new RowEntries(table, rowCount);
    this.#living = new Uint32Array(rowCount);
    for (let entry = 0; entry < table.size; entry++) {
      if (!table.isAlive(entry)) continue;
      const row = table.row(entry);
      this.#living[row] = (this.#living[row] as number) + 1;
    }
    for (let row = 0; row < rowCount; row++) {
      if (this.#living[row] === 0) graph.hide(row);
      else this.#livingRows += 1;
    }
  }

  get bytes(): number {
    return [...this.#openFiles].reduce((sum, file) => sum + file.record.bytes, 0);
  }

  /** Rows that an entry is left of. */
  get livingRows(): number {
    return this.#livingRows;
  }

  async search(query: SegmentQuery, hits: TopHits, slice: Slice): Promise<void> {
    if (this.table.living === 0) return;
    const matching = query.filter && (await this.table.matching(query.filter, slice));
    if (matching !== undefined && matching.count <= MAX_EXACT) return await this.#lookAtAll(query, matching.bits, hits, slice);
    const wanted = Math.min(query.topK, matching?.count ?? this.table.living, this.table.living);
    for (let limit = Math.min(query.topK, this.#livingRows); ; limit = Math.min(limit * WIDEN, this.rowCount)) {
      const near = this.#graph.nearest(query.vector, limit);
      const found = near.flatMap(({ row, score }) =>
        this.#entriesOf
          .of(row)
          .filter((entry) => this.table.isAlive(entry) && (matching === undefined || matching.bits[entry] === 1))
          .map((entry) => ({ entry, row, score })),
      );
      if (found.length >= wanted) {
        for (const { entry, row, score } of found) hits.offer(this.table.id(entry), this.#exactScore(query.vector, row, score));
        return;
      }
      if (near.length < Math.min(limit, this.#livingRows) || limit >= Math.min(MAX_WIDTH, this.rowCount))
        return await this.#lookAtAll(query, matching?.bits, hits, slice);
      await slice.giveWay();
    }
  }

  vectorOf(entry: number): Float32Array {
    return this.#reader.row(this.table.row(entry));
  }

  kill(entry: number): void {
    if (!this.table.isAlive(entry)) return;
    this.table.kill(entry);
    const row = this.table.row(entry);
    const left = (this.#living[row] as number) - 1;
    this.#living[row] = left;
    if (left > 0) return;
    this.#livingRows -= 1;
    this.#graph.hide(row);
  }

  rowsForBuild(): StoredRows {
    return this.rows;
  }

  async ensureFiles(): Promise<void> {
    for (const file of this.#openFiles) await file.ensure();
  }

  async close(): Promise<void> {
    this.#graph.close();
    for (const file of this.#openFiles) await file.close();
  }

  #exactScore(vector: Float32Array, row: number, score: number): number {
    return this.#graph.isApproximate ? innerProduct(vector, this.#reader.row(row)) : score;
  }

  async #lookAtAll({ vector }: SegmentQuery, bits: Uint8Array | undefined, hits: TopHits, slice: Slice): Promise<void> {
    // Row by row, in the order of the file: equal vectors are looked at once.
    for (let row = 0; row < this.rowCount; row++) {
      if (this.#living[row] === 0) continue;
      const entries = this.#entriesOf.of(row).filter((entry) => this.table.isAlive(entry) && (bits === undefined || bits[entry] === 1));
      if (entries.length === 0) continue;
      const score = innerProduct(vector, this.#reader.row(row));
      if (score >= hits.floor) for (const entry of entries) hits.offer(this.table.id(entry), score);
      if (slice.isOver) await slice.giveWay();
    }
  }
}

/** Row → its entries, in two flat arrays. */
class RowEntries {
  readonly #starts: Uint32Array;
  readonly #entries: Uint32Array;

  constructor(table: EntryTable, rowCount: number) {
    this.#starts = new Uint32Array(rowCount + 1);
    this.#entries = new Uint32Array(table.size);
    for (let entry = 0; entry < table.size; entry++)
      this.#starts[table.row(entry) + 1] = (this.#starts[table.row(entry) + 1] as number) + 1;
    for (let row = 0; row < rowCount; row++) this.#starts[row + 1] = (this.#starts[row + 1] as number) + (this.#starts[row] as number);
    const next = this.#starts.slice();
    for (let entry = 0; entry < table.size; entry++) {
      const row = table.row(entry);
      this.#entries[next[row] as number] = entry;
      next[row] = (next[row] as number) + 1;
    }
  }

  of(row: number): number[] {
    return [...this.#entries.subarray(this.#starts[row], this.#starts[row + 1])];
  }
}

/** Looking at so many vectors takes about as long as asking the graph several times. */
const MAX_EXACT = 2_000;
/** How much wider the next search looks when too few entries of the last one are alive and match; and when that has no end. */
const WIDEN = 4;
const MAX_WIDTH = 1_024;
