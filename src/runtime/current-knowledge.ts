/**
 * The document stores of the current configuration, as everything that is no snapshot uses them.
 *
 * Owns: which set is the current one, and whether this process ingests into it. A set that is no longer current ends ingesting at once,
 * and is closed when the last snapshot that searches it has gone.
 */
import type { Knowledge } from '../knowledge/document-stores.js';
import type { HeldKnowledge, KnowledgePool, KnowledgeSettings } from './knowledge-pool.js';

export interface CurrentKnowledgeOptions {
  readonly pool: Pick<KnowledgePool, 'hold'>;
  readonly settings: KnowledgeSettings;
  /** This process has the role `ingest`. */
  readonly ingests: boolean;
}

export class CurrentKnowledge {
  readonly #options: CurrentKnowledgeOptions;
  #held: HeldKnowledge;
  #isStarted = false;

  constructor(options: CurrentKnowledgeOptions) {
    this.#options = options;
    this.#held = options.pool.hold(options.settings);
  }

  get knowledge(): Knowledge {
    return this.#held.knowledge;
  }

  /** Begins to ingest, where this process does. */
  async start(): Promise<void> {
    this.#isStarted = true;
    await this.#startIngesting(this.knowledge);
  }

  /** Stores that are new or configured anew are ingested (CFG-95, W-103). */
  async follow(settings: KnowledgeSettings): Promise<void> {
    const before = this.#held;
    const next = this.#options.pool.hold(settings);
    if (next.knowledge === before.knowledge) {
      await next.release();
      return;
    }
    this.#held = next;
    try {
      if (this.#isStarted) await this.#startIngesting(next.knowledge);
    } finally {
      // Whatever became of those after it: nobody names it any more.
      await closeAndRelease(before);
    }
  }

  async #startIngesting({ stores, ingester }: Knowledge): Promise<void> {
    if (this.#options.ingests && stores.size > 0) await ingester.start();
  }
}

async function closeAndRelease({ knowledge, release }: HeldKnowledge): Promise<void> {
  try {
    await knowledge.ingester.close();
  } finally {
    await release();
  }
}
