/** The collections of one index thread, opened on first use. Lives in the thread. */
import type { Metadata, MetadataFilter } from '../../../../base/metadata.js';
import type {
  IndexBacklog,
  IndexBuildJob,
  IndexBuilt,
  IndexOpened,
  IndexPosition,
  IndexSearchReply,
  IndexTarget,
  IndexThreadHealth,
} from '../../../../threads/messages.js';
import { Collection } from './collection.js';
import type { SegmentQuery } from './segment.js';

export class CollectionHost {
  readonly #collections = new Map<string, Promise<Collection>>();

  async position(target: IndexTarget): Promise<IndexOpened> {
    const collection = await this.#collection(target);
    return { position: collection.position, discarded: collection.takeDiscarded(), ...collection.backlog() };
  }

  async upsert(target: IndexTarget, ids: readonly string[], metadata: readonly Metadata[], vectors: Float32Array): Promise<IndexBacklog> {
    const collection = await this.#collection(target);
    await collection.upsert(ids, metadata, vectors);
    return collection.backlog();
  }

  async remove(target: IndexTarget, ids: readonly string[]): Promise<IndexBacklog> {
    const collection = await this.#collection(target);
    await collection.remove(ids);
    return collection.backlog();
  }

  async removeWhere(target: IndexTarget, filter: MetadataFilter): Promise<IndexBacklog> {
    const collection = await this.#collection(target);
    await collection.removeWhere(filter);
    return collection.backlog();
  }

  async search(target: IndexTarget, query: SegmentQuery): Promise<IndexSearchReply> {
    const collection = await this.#collection(target);
    // Read before the search: the index may move on while the search gives way.
    const { position } = collection;
    const hits = await collection.search(query);
    return { position, ids: hits.map(({ id }) => id), scores: hits.map(({ score }) => score) };
  }

  async count(target: IndexTarget): Promise<number> {
    return (await this.#collection(target)).count;
  }

  async health(target: IndexTarget): Promise<IndexThreadHealth> {
    return (await this.#collection(target)).health();
  }

  async markPosition(target: IndexTarget, position: IndexPosition): Promise<undefined> {
    await (await this.#collection(target)).markPosition(position);
  }

  async save(target: IndexTarget): Promise<undefined> {
    await (await this.#collection(target)).save();
  }

  async drop(target: IndexTarget): Promise<undefined> {
    await (await this.#collection(target)).drop();
  }

  async planBuild(target: IndexTarget): Promise<IndexBuildJob | undefined> {
    return (await this.#collection(target)).planBuild();
  }

  async adoptBuild(target: IndexTarget, id: string, built: IndexBuilt): Promise<IndexBacklog> {
    const collection = await this.#collection(target);
    try {
      await collection.adoptBuild(id, built);
    } catch (error) {
      collection.abandonBuild(id);
      throw error;
    }
    return collection.backlog();
  }

  async abandonBuild(target: IndexTarget, id: string): Promise<undefined> {
    (await this.#collection(target)).abandonBuild(id);
  }

  #collection(target: IndexTarget): Promise<Collection> {
    const key = `${target.directory}\n${target.collection}`;
    const open = this.#collections.get(key) ?? Collection.open(target);
    this.#collections.set(key, open);
    return open;
  }
}
