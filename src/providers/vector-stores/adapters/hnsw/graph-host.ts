/** The graphs of one index thread, opened on first use. Lives in the thread. */
import type { IndexOpened, IndexPosition, IndexSearchReply, IndexTarget } from '../../../../threads/messages.js';
import { Graph } from './graph.js';

export class GraphHost {
  readonly #graphs = new Map<string, Promise<Graph>>();

  async position(target: IndexTarget): Promise<IndexOpened> {
    const graph = await this.#graph(target);
    return { position: graph.position, discarded: graph.takeDiscarded() };
  }

  async upsert(target: IndexTarget, ids: readonly string[], vectors: Float32Array): Promise<undefined> {
    await (await this.#graph(target)).upsert(ids, vectors);
  }

  async remove(target: IndexTarget, ids: readonly string[]): Promise<undefined> {
    await (await this.#graph(target)).remove(ids);
  }

  async search(target: IndexTarget, vector: Float32Array, topK: number): Promise<IndexSearchReply> {
    const graph = await this.#graph(target);
    // Read before the search: the index may move on while the search gives way.
    const { position } = graph;
    return { position, ...(await graph.search(vector, topK)) };
  }

  async count(target: IndexTarget): Promise<number> {
    return (await this.#graph(target)).count;
  }

  async markPosition(target: IndexTarget, position: IndexPosition): Promise<undefined> {
    await (await this.#graph(target)).markPosition(position);
  }

  async save(target: IndexTarget): Promise<undefined> {
    await (await this.#graph(target)).save();
  }

  async drop(target: IndexTarget): Promise<undefined> {
    await (await this.#graph(target)).drop();
  }

  #graph(target: IndexTarget): Promise<Graph> {
    const key = `${target.directory}\n${target.collection}`;
    const open = this.#graphs.get(key) ?? Graph.open(target);
    this.#graphs.set(key, open);
    return open;
  }
}
