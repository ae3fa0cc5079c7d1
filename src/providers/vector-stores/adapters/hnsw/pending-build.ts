/** One build under way: what it is made of, and how the result takes its place. */
import type { IndexBuildJob, IndexBuilt, IndexTarget } from '../../../../threads/messages.js';
import type { BuildPlan } from './build-plan.js';
import { EntryTable } from './entry-table.js';
import type { GraphSegment } from './graph-segment.js';
import type { Segment } from './segment.js';
import { Slice } from './slice.js';
import { openGraphSegment, type Snapshot } from './snapshot.js';

/** Living entries of a segment when the build was planned. */
interface Part {
  readonly segment: Segment;
  readonly entries: Uint32Array;
}

export class PendingBuild {
  readonly job: IndexBuildJob;
  readonly #parts: readonly Part[];
  readonly #base: GraphSegment | undefined;

  constructor({ base, sources }: BuildPlan, { directory, settings }: IndexTarget, dimension: number, fileName: string) {
    this.#base = base;
    this.#parts = [...(base === undefined ? [] : [base]), ...sources].map((segment) => ({
      segment,
      entries: segment.table.livingEntries(),
    }));
    const taken = this.#parts.slice(base === undefined ? 0 : 1);
    this.job = {
      id: fileName,
      settings,
      dimension,
      directory,
      fileName,
      base: base && { graph: graphOf(base), rows: base.rows, count: base.rowCount },
      sources: taken.map(({ segment, entries }) => ({
        rows: segment.rowsForBuild(),
        take: entries.map((entry) => segment.table.row(entry)),
      })),
    };
  }

  get segments(): readonly Segment[] {
    return this.#parts.map(({ segment }) => segment);
  }

  /** Nothing lives in it: there is nothing to build. */
  get isEmpty(): boolean {
    return this.#parts.every(({ entries }) => entries.length === 0);
  }

  /** The new segment, with what died meanwhile still alive in it. */
  async open(built: IndexBuilt, snapshot: Snapshot): Promise<GraphSegment> {
    const { dimension, directory, settings, fileName } = this.job;
    const table = new EntryTable();
    const slice = new Slice();
    let taken = 0;
    for (const { segment, entries } of this.#parts) {
      for (const entry of entries) {
        const row = segment === this.#base ? segment.table.row(entry) : (built.rowOf[taken++] as number);
        table.append(segment.table.id(entry), segment.table.metadata(entry), row);
        if (slice.isOver) await slice.giveWay();
      }
    }
    const tableFile = await snapshot.storeTable({ table }, fileName);
    const opened = await openGraphSegment(
      directory,
      { graph: built.graph, rows: built.rows, rowCount: built.count },
      { dimension, settings, table },
    );
    opened.files = { table: tableFile, rows: built.rows, graph: built.graph, entries: table.size, rowCount: built.count };
    return opened;
  }

  /** To be called in the same step in which the new segment takes the place of the old ones. */
  killTheDead(fresh: GraphSegment): void {
    let at = 0;
    for (const { segment, entries } of this.#parts)
      for (const entry of entries) {
        if (!segment.table.isAlive(entry)) fresh.kill(at);
        at += 1;
      }
  }
}

function graphOf(segment: GraphSegment) {
  if (segment.files?.graph === undefined) throw new Error('a sealed segment has no files');
  return segment.files.graph;
}
