/**
 * One collection: a rebuildable cache of vectors under string ids. Lives in an index thread.
 *
 * Owns: its segments and its position. Does not own: files (`snapshot.ts`), building graphs (another thread, `build-segment.ts`).
 *
 * 1. Changes and saves run one after another (`#changes`); they give way every few milliseconds. Searches run in between.
 * 2. An id lives in one segment at a time. It dies in the old one before it comes into the growing one, and a search goes from old
 *    segments to new ones: so it finds an id that moves, perhaps twice, and keeps the better.
 * 3. The position moves after the changes that it stands for, never before.
 * 4. A build takes what was alive when it was planned; whatever died meanwhile dies in the new segment in the step that puts it in place.
 */

import { AppError, describeError } from '../../../../base/errors.js';
import { canonicalJson } from '../../../../base/json.js';
import type { Metadata, MetadataFilter } from '../../../../base/metadata.js';
import type {
  IndexBacklog,
  IndexBuildJob,
  IndexBuilt,
  IndexPosition,
  IndexTarget,
  IndexThreadHealth,
} from '../../../../threads/messages.js';
import { planBuild } from './build-plan.js';
import { FileNames } from './file-names.js';
import { FlatSegment } from './flat-segment.js';
import { type IndexLimits, limitsFor } from './index-limits.js';
import { PendingBuild } from './pending-build.js';
import { isSame } from './seen-rows.js';
import type { Segment, SegmentQuery } from './segment.js';
import { SegmentShelf } from './segment-shelf.js';
import { Slice } from './slice.js';
import { Snapshot } from './snapshot.js';
import { type Hit, TopHits } from './top-hits.js';

export class Collection {
  readonly #target: IndexTarget;
  readonly #names: FileNames;
  readonly #snapshot: Snapshot;
  #shelf = new SegmentShelf();
  #growing: FlatSegment | undefined;
  #dimension = 0;
  #position: IndexPosition = NOWHERE;
  #discarded: string | undefined;
  #changes: Promise<unknown> = Promise.resolve();
  #build: PendingBuild | undefined;

  private constructor(target: IndexTarget) {
    this.#target = target;
    this.#names = new FileNames(target.collection);
    this.#snapshot = new Snapshot(target, this.#names, (dimension) => this.#limits(dimension).sealRows);
  }

  /** From its snapshot; one that is missing or broken gives an empty collection (VEC-08: SQL has the truth). */
  static async open(target: IndexTarget): Promise<Collection> {
    const collection = new Collection(target);
    try {
      const loaded = await collection.#snapshot.load();
      if (loaded !== undefined) {
        collection.#dimension = loaded.dimension;
        collection.#position = loaded.position;
        collection.#discarded = loaded.discarded;
        for (const segment of loaded.segments) collection.#shelf.add(segment);
        const last = loaded.segments.at(-1);
        if (last instanceof FlatSegment && !collection.#isFull(last)) collection.#growing = last;
      }
    } catch (error) {
      collection.#discarded = describeError(error);
      // What cannot be removed is found unusable again at the next start; the index works without it.
      await collection.#snapshot.remove([]).catch((cause: unknown) => {
        collection.#discarded += `; it cannot be removed either: ${describeError(cause)}`;
      });
    }
    return collection;
  }

  get position(): IndexPosition {
    return this.#position;
  }

  get count(): number {
    return this.#shelf.segments.reduce((sum, segment) => sum + segment.table.living, 0);
  }

  takeDiscarded(): string | undefined {
    const reason = this.#discarded;
    this.#discarded = undefined;
    return reason;
  }

  backlog(): IndexBacklog {
    const { segments } = this.#shelf;
    const unindexed = segments.reduce((sum, segment) => sum + (segment.kind === 'flat' ? segment.table.living : 0), 0);
    return {
      unindexed,
      isBuildDue: this.#build === undefined && planBuild(segments, this.#growing, this.#limits().maxGraphRows) !== undefined,
    };
  }

  health(): IndexThreadHealth {
    const { segments } = this.#shelf;
    const memoryBytes = segments.reduce((sum, segment) => sum + segment.bytes + segment.table.bytes, 0);
    return { ...this.backlog(), entries: this.count, segments: segments.length, memoryBytes };
  }

  upsert(ids: readonly string[], metadata: readonly Metadata[], vectors: Float32Array): Promise<void> {
    return this.#change(async () => {
      if (ids.length === 0) return;
      const dimension = vectors.length / ids.length;
      if (this.#dimension !== 0 && dimension !== this.#dimension) {
        throw new AppError('INDEX_FAILED', { message: `The index holds vectors of ${this.#dimension} numbers, these have ${dimension}` });
      }
      const slice = new Slice();
      for (const [index, id] of ids.entries()) {
        this.#put(id, metadata[index] as Metadata, vectors.subarray(index * dimension, (index + 1) * dimension));
        if (slice.isOver) await slice.giveWay();
      }
    });
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.#change(async () => {
      const slice = new Slice();
      for (const id of ids) {
        this.#kill(id);
        if (slice.isOver) await slice.giveWay();
      }
    });
  }

  removeWhere(filter: MetadataFilter): Promise<void> {
    return this.#change(async () => {
      const slice = new Slice();
      const removed: string[] = [];
      await this.#shelf.use(async (segments) => {
        for (const { table } of segments) {
          const { bits } = await table.matching(filter, slice);
          for (const entry of table.livingEntries()) if (bits[entry] === 1) removed.push(table.id(entry));
          await slice.giveWay();
        }
      });
      // By id: a build may have put other segments in the place of these.
      for (const id of removed) {
        this.#kill(id);
        if (slice.isOver) await slice.giveWay();
      }
    });
  }

  async search(query: SegmentQuery): Promise<readonly Hit[]> {
    if (query.topK <= 0 || this.count === 0) return [];
    if (query.vector.length !== this.#dimension) {
      throw new AppError('INDEX_FAILED', {
        message: `The index holds vectors of ${this.#dimension} numbers, the query has ${query.vector.length}`,
      });
    }
    const hits = new TopHits(query.topK);
    const slice = new Slice();
    const searched = new Set<Segment>();
    const shelf = this.#shelf;
    // Again for segments that began to grow meanwhile: an id may have moved there. A graph that came has nothing new.
    for (let isFirst = true; ; isFirst = false) {
      const left = shelf.segments.filter((segment) => !searched.has(segment) && (isFirst || segment.kind === 'flat'));
      if (left.length === 0) return unique(hits.sorted());
      await shelf.use(async () => {
        for (const segment of left) {
          searched.add(segment);
          await segment.search(query, hits, slice);
          await slice.giveWay();
        }
      });
    }
  }

  markPosition(position: IndexPosition): Promise<void> {
    return this.#change(async () => {
      this.#position = position;
    });
  }

  save(): Promise<void> {
    return this.#change(async () => {
      if (this.#position.source === '') return;
      await this.#shelf.use(async (segments) => {
        const state = { dimension: this.#dimension, position: this.#position, segments };
        await this.#snapshot.save(state, () => this.#shelf.segments, this.#namesBeingWritten());
      });
    });
  }

  drop(): Promise<void> {
    return this.#change(async () => {
      this.#build = undefined;
      const old = this.#shelf;
      this.#shelf = new SegmentShelf();
      old.replace(old.segments, []);
      this.#growing = undefined;
      this.#dimension = 0;
      this.#position = NOWHERE;
      await this.#snapshot.remove([]);
    });
  }

  /** Lets go of files and memory; nothing is saved. */
  close(): Promise<void> {
    return this.#change(async () => {
      this.#build = undefined;
      this.#shelf.replace(this.#shelf.segments, []);
    });
  }

  planBuild(): IndexBuildJob | undefined {
    while (this.#build === undefined) {
      const plan = planBuild(this.#shelf.segments, this.#growing, this.#limits().maxGraphRows);
      if (plan === undefined) return undefined;
      const build = new PendingBuild(plan, this.#target, this.#dimension, this.#names.create());
      if (!build.isEmpty) {
        this.#build = build;
        return build.job;
      }
      this.#shelf.replace(build.segments, []);
    }
    return undefined;
  }

  async adoptBuild(id: string, built: IndexBuilt): Promise<void> {
    const build = this.#build;
    // Dropped since, or planned by a thread that ended: its files are waste for the next save.
    if (build?.job.id !== id) return;
    const fresh = await build.open(built, this.#snapshot);
    if (this.#build !== build) return await fresh.close();
    build.killTheDead(fresh);
    this.#shelf.replace(build.segments, [fresh]);
    this.#build = undefined;
  }

  abandonBuild(id: string): void {
    if (this.#build?.job.id === id) this.#build = undefined;
  }

  #change<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(run);
    // The next change runs whether or not this one succeeded; whoever asked for this one hears of its failure.
    this.#changes = result.catch(() => undefined);
    return result;
  }

  #put(id: string, metadata: Metadata, vector: Float32Array): void {
    const place = this.#find(id);
    if (place !== undefined) {
      const { segment, entry } = place;
      if (isSame(segment.vectorOf(entry), vector) && canonicalJson(segment.table.metadata(entry)) === canonicalJson(metadata)) return;
      segment.kill(entry);
    }
    if (vector.every((value) => value === 0)) return;
    this.#dimension = vector.length;
    if (this.#growing === undefined) {
      this.#growing = new FlatSegment(vector.length, this.#limits().sealRows);
      this.#shelf.add(this.#growing);
    }
    this.#growing.append(id, metadata, vector);
    if (this.#isFull(this.#growing)) this.#growing = undefined;
  }

  #kill(id: string): void {
    const place = this.#find(id);
    place?.segment.kill(place.entry);
  }

  #find(id: string): { readonly segment: Segment; readonly entry: number } | undefined {
    for (const segment of this.#shelf.segments) {
      const entry = segment.table.find(id);
      if (entry !== undefined) return { segment, entry };
    }
    return undefined;
  }

  #isFull(segment: FlatSegment): boolean {
    return segment.table.size >= this.#limits(segment.dimension).sealRows;
  }

  #limits(dimension = this.#dimension): IndexLimits {
    return { ...limitsFor(dimension), ...(this.#target.limits as Partial<IndexLimits>) };
  }

  #namesBeingWritten(): readonly string[] {
    return this.#build === undefined ? [] : [this.#build.job.fileName];
  }
}

/** Of an id that moved during the search, the better place; scores as they are told. */
function unique(hits: readonly Hit[]): readonly Hit[] {
  const seen = new Set<string>();
  return hits.flatMap(({ id, score }) => {
    if (seen.has(id)) return [];
    seen.add(id);
    return [{ id, score: Math.min(1, Math.max(0, score)) }];
  });
}

const NOWHERE: IndexPosition = { source: '', version: 0 };
