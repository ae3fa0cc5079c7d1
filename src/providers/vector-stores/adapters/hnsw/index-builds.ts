/**
 * The builds of one collection: asked for where it is searched, done by the builder's thread, handed back.
 *
 * Owns: one build at a time, and who waits for it. Does not own: what is built (`build-plan.ts`) and how (`build-segment.ts`).
 *
 * 1. While too much is unindexed, whoever puts more in waits for the build under way: searches stay fast, memory stays bounded.
 * 2. A build that fails costs nothing but speed: nobody waits for it any more, and it is tried again some time later.
 */
import type { Logger } from '../../../../observe/log.js';
import type { IndexBacklog, IndexBuildJob, IndexBuilt } from '../../../../threads/messages.js';

export interface IndexBuildSteps {
  plan(): Promise<IndexBuildJob | undefined>;
  build(job: IndexBuildJob): Promise<IndexBuilt>;
  adopt(id: string, built: IndexBuilt): Promise<IndexBacklog>;
  abandon(id: string): Promise<undefined>;
  save(): Promise<undefined>;
}

export class IndexBuilds {
  readonly #steps: IndexBuildSteps;
  readonly #log: Logger;
  #running: Promise<void> | undefined;
  /** Ends with the build under way. */
  #current: Promise<IndexBacklog | undefined> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(steps: IndexBuildSteps, log: Logger) {
    this.#steps = steps;
    this.#log = log;
  }

  /** Starts what is due; resolves when no more than `maxUnindexed` are left, or nothing can be done about it. */
  async keepUp(backlog: IndexBacklog, maxUnindexed: number): Promise<void> {
    this.start(backlog);
    for (let left: IndexBacklog | undefined = backlog; left !== undefined && left.unindexed > maxUnindexed; )
      left = await this.#current?.catch(() => undefined);
  }

  start({ isBuildDue }: IndexBacklog): void {
    if (!isBuildDue || this.#running !== undefined || this.#closed || performance.now() - this.#failedAt < RETRY_MS) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Nothing is started any more; the build under way ends with its thread. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when nothing is being built. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      let isFirst = true;
      for (let left: IndexBacklog | undefined; isFirst || left?.isBuildDue === true; isFirst = false) {
        if (this.#closed) return;
        this.#current = this.#buildOne();
        left = await this.#current;
      }
      this.#current = undefined;
      // What was built is found at the next start only when a snapshot names it.
      await this.#steps.save();
    } catch (error) {
      this.#failedAt = performance.now();
      if (!this.#closed)
        this.#log.warn({ err: error }, 'a part of a vector index could not be built; searches look at all of it meanwhile');
    } finally {
      this.#current = undefined;
    }
  }

  async #buildOne(): Promise<IndexBacklog | undefined> {
    const job = await this.#steps.plan();
    if (job === undefined) return undefined;
    let built: IndexBuilt;
    try {
      built = await this.#steps.build(job);
    } catch (error) {
      await this.#steps.abandon(job.id);
      throw error;
    }
    return await this.#steps.adopt(job.id, built);
  }
}

const RETRY_MS = 10_000;
