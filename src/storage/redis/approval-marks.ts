import type { Redis } from 'ioredis';
import { isJsonObject } from '../../base/json.js';
import type { ApprovalMark, ApprovalMarks } from '../../tasks/coordination.js';

export class RedisApprovalMarks implements ApprovalMarks {
  /** `RedisConnections.main` */
  readonly #client: Redis;
  readonly #keyPrefix: string;

  constructor(client: Redis, keyPrefix: string) {
    this.#client = client;
    this.#keyPrefix = keyPrefix;
  }

  async read(keys: readonly string[]): Promise<ReadonlyMap<string, ApprovalMark>> {
    // One by one, in one round trip: of a cluster, each may be elsewhere.
    const values = await Promise.all(keys.map((key) => this.#client.get(this.#name(key))));
    return new Map(
      values.flatMap((value, index) => {
        const mark: unknown = value === null ? undefined : JSON.parse(value);
        return isJsonObject(mark) ? [[keys[index] as string, mark as unknown as ApprovalMark] as const] : [];
      }),
    );
  }

  async write(key: string, mark: ApprovalMark): Promise<void> {
    await this.#client.set(this.#name(key), JSON.stringify(mark), 'PX', KEPT_MS);
  }

  #name(key: string): string {
    return `${this.#keyPrefix}:approval:${key}`;
  }
}

/** A question that is still open after this is told again. */
const KEPT_MS = 30 * 86_400_000;
