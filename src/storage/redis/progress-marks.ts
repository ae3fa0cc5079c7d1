import type { Redis } from 'ioredis';
import type { Clock } from '../../base/clock.js';
import { describeError } from '../../base/errors.js';
import type { Logger } from '../../observe/log.js';
import type { ProgressMarks } from '../../tasks/coordination.js';

export interface RedisProgressOptions {
  /** `RedisConnections.main` */
  readonly client: Redis;
  readonly keyPrefix: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One key for the whole deployment, written at most once a second by each process. */
export class RedisProgressMarks implements ProgressMarks {
  readonly #options: RedisProgressOptions;
  #markedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RedisProgressOptions) {
    this.#options = options;
  }

  mark(): void {
    const { client, clock, log } = this.#options;
    const nowMs = clock.monotonic();
    if (nowMs - this.#markedAtMs < RESOLUTION_MS || client.status !== 'ready') return;
    this.#markedAtMs = nowMs;
    client.set(this.#key, clock.now()).catch((error: unknown) => {
      log.debug({ reason: describeError(error) }, 'progress was not noted; the next one is');
    });
  }

  async ageMs(): Promise<number | undefined> {
    const at = await this.#options.client.get(this.#key);
    return at === null ? undefined : Math.max(0, this.#options.clock.now() - Number(at));
  }

  get #key(): string {
    return `${this.#options.keyPrefix}:progress`;
  }
}

const RESOLUTION_MS = 1_000;
