/**
 * One growing HNSW graph: a rebuildable cache of vectors under string ids. Lives in an index thread.
 *
 * Owns: the graph, ids ↔ labels, the position. Does not own: files (`graph-snapshot.ts`).
 *
 * 1. Changes run one after another (`#changes`); they give way every few milliseconds, so that a search never waits
 *    for an insert, a rebuild or a save to end.
 * 2. A replaced or removed vector is only marked in the graph; when too many are, a new graph is built beside it.
 * 3. The position moves after the changes that it stands for, never before.
 */
import hnswlib from 'hnswlib-node';
import { AppError, describeError } from '../../../../base/errors.js';
import type { IndexPosition, IndexTarget } from '../../../../threads/messages.js';
import { GraphSnapshot } from './graph-snapshot.js';

export class Graph {
  readonly #snapshot: GraphSnapshot;
  #graph: hnswlib.HierarchicalNSW | undefined;
  #dimension = 0;
  #labels = new Map<string, number>();
  #ids = new Map<number, string>();
  #nextLabel = 0;
  #position: IndexPosition = NOWHERE;
  #discarded: string | undefined;
  #changes: Promise<void> = Promise.resolve();

  private constructor(snapshot: GraphSnapshot) {
    this.#snapshot = snapshot;
  }

  /** From its snapshot; one that is missing or broken gives an empty graph (VEC-08: SQL has the truth). */
  static async open(target: IndexTarget): Promise<Graph> {
    const graph = new Graph(new GraphSnapshot(target));
    try {
      const loaded = await graph.#snapshot.load();
      if (loaded === undefined) return graph;
      graph.#graph = loaded.graph;
      graph.#dimension = loaded.dimension;
      graph.#position = loaded.position;
      graph.#nextLabel = loaded.nextLabel;
      for (const [id, label] of loaded.labels) graph.#link(id, label);
      loaded.graph.setEf(EF_SEARCH);
    } catch (error) {
      graph.#discarded = describeError(error);
      // What cannot be removed is found unusable again at the next start; the index works without it.
      await graph.#snapshot.remove().catch((cause: unknown) => {
        graph.#discarded += `; it cannot be removed either: ${describeError(cause)}`;
      });
    }
    return graph;
  }

  get position(): IndexPosition {
    return this.#position;
  }

  get count(): number {
    return this.#labels.size;
  }

  takeDiscarded(): string | undefined {
    const reason = this.#discarded;
    this.#discarded = undefined;
    return reason;
  }

  upsert(ids: readonly string[], vectors: Float32Array): Promise<void> {
    return this.#change(async () => {
      if (ids.length === 0) return;
      const dimension = vectors.length / ids.length;
      if (this.#dimension !== 0 && dimension !== this.#dimension) {
        throw new AppError('INDEX_FAILED', { message: `The index holds vectors of ${this.#dimension} numbers, these have ${dimension}` });
      }
      const slice = new Slice();
      for (let at = 0; at < ids.length; at++) {
        this.#insert(ids[at] as string, vectors.subarray(at * dimension, (at + 1) * dimension));
        await slice.giveWay();
      }
      await this.#rebuildWhenSparse();
    });
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.#change(async () => {
      for (const id of ids) this.#unlink(id);
      await this.#rebuildWhenSparse();
    });
  }

  search(vector: Float32Array, topK: number): { ids: string[]; scores: number[] } {
    const found = { ids: [] as string[], scores: [] as number[] };
    const limit = Math.min(topK, this.#labels.size);
    if (this.#graph === undefined || limit <= 0) return found;
    if (vector.length !== this.#dimension) {
      throw new AppError('INDEX_FAILED', {
        message: `The index holds vectors of ${this.#dimension} numbers, the query has ${vector.length}`,
      });
    }
    this.#graph.setEf(Math.max(EF_SEARCH, limit * EF_PER_HIT));
    const { neighbors, distances } = this.#graph.searchKnn(Array.from(vector), limit);
    neighbors.forEach((label, index) => {
      const id = this.#ids.get(label);
      if (id === undefined) return;
      found.ids.push(id);
      found.scores.push(Math.min(1, Math.max(0, 1 - (distances[index] as number))));
    });
    return found;
  }

  markPosition(position: IndexPosition): Promise<void> {
    return this.#change(async () => {
      this.#position = position;
    });
  }

  save(): Promise<void> {
    return this.#change(async () => {
      if (this.#position === NOWHERE) return;
      await this.#snapshot.save({
        graph: this.#graph,
        dimension: this.#dimension,
        labels: this.#labels,
        nextLabel: this.#nextLabel,
        position: this.#position,
      });
    });
  }

  drop(): Promise<void> {
    return this.#change(async () => {
      this.#graph = undefined;
      this.#dimension = 0;
      this.#labels.clear();
      this.#ids.clear();
      this.#nextLabel = 0;
      this.#position = NOWHERE;
      await this.#snapshot.remove();
    });
  }

  #change(run: () => Promise<void>): Promise<void> {
    const result = this.#changes.then(run);
    // The next change runs whether or not this one succeeded; whoever asked for this one hears of its failure.
    this.#changes = result.catch(() => undefined);
    return result;
  }

  #insert(id: string, vector: Float32Array): void {
    this.#unlink(id);
    if (vector.every((value) => value === 0)) return;
    this.#dimension = vector.length;
    this.#graph ??= newGraph(this.#dimension, FIRST_CAPACITY);
    if (this.#graph.getCurrentCount() >= this.#graph.getMaxElements())
      this.#graph.resizeIndex(Math.ceil(this.#graph.getMaxElements() * 1.5) + FIRST_CAPACITY);
    const label = this.#nextLabel++;
    this.#graph.addPoint(Array.from(vector), label);
    this.#link(id, label);
  }

  #link(id: string, label: number): void {
    this.#labels.set(id, label);
    this.#ids.set(label, id);
  }

  #unlink(id: string): void {
    const label = this.#labels.get(id);
    if (label === undefined) return;
    this.#graph?.markDelete(label);
    this.#labels.delete(id);
    this.#ids.delete(label);
  }

  async #rebuildWhenSparse(): Promise<void> {
    if (this.#graph === undefined) return;
    const dead = this.#graph.getCurrentCount() - this.#labels.size;
    if (dead < MIN_DEAD || dead < this.#labels.size * MAX_DEAD_SHARE) return;
    const old = this.#graph;
    const fresh = newGraph(this.#dimension, Math.max(FIRST_CAPACITY, Math.ceil(this.#labels.size * 1.2)));
    const slice = new Slice();
    for (const label of this.#ids.keys()) {
      fresh.addPoint(old.getPoint(label), label);
      await slice.giveWay();
    }
    this.#graph = fresh;
  }
}

/** Lets waiting searches run after every few milliseconds of work. */
class Slice {
  #since = performance.now();

  async giveWay(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}

function newGraph(dimension: number, capacity: number): hnswlib.HierarchicalNSW {
  const graph = new hnswlib.HierarchicalNSW('ip', dimension);
  graph.initIndex(capacity, M, EF_CONSTRUCTION);
  graph.setEf(EF_SEARCH);
  return graph;
}

const NOWHERE: IndexPosition = { source: '', version: 0 };
const M = 16;
const EF_CONSTRUCTION = 128;
/** Measured on local embeddings of real documents: 64 finds 94 % of the true nearest ten, 128 finds 98 %, 256 over 99 %. */
const EF_SEARCH = 128;
const EF_PER_HIT = 8;
const FIRST_CAPACITY = 1024;
const SLICE_MS = 4;
/** Marked vectors that are not worth a rebuild, and the share of the living ones from which they are. */
const MIN_DEAD = 1000;
const MAX_DEAD_SHARE = 0.5;
