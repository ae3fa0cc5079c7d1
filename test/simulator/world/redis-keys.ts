/**
 * The keyspace of the simulated Redis, with what a restart takes back: everything written in the last moments.
 * Values are replaced, never changed in place, so that the past can be put back.
 */
export type StreamId = readonly [major: number, minor: number];

export type RedisValue =
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'stream'; readonly lastId: StreamId; readonly entries: readonly StreamEntry[] }
  | { readonly type: 'jobs'; readonly jobs: ReadonlyMap<string, StoredJob>; readonly waiting: readonly string[] };

export interface StreamEntry {
  readonly id: StreamId;
  readonly field: string;
  readonly text: string;
}

export interface StoredJob {
  readonly id: string;
  readonly taskId: string;
  readonly state: 'waiting' | 'active' | 'delayed';
  /** Of the worker that has it. */
  readonly token: string;
  readonly lockedUntil: number;
  readonly dueAt: number;
  readonly failures: number;
}

interface Entry {
  readonly value: RedisValue;
  readonly expiresAt: number;
}

export class RedisKeys {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  #past: { readonly at: number; readonly key: string; readonly before: Entry | undefined }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): RedisValue | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > this.#now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  expiresAt(key: string): number {
    return this.#entries.get(key)?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  set(key: string, value: RedisValue, expiresAt = Number.POSITIVE_INFINITY): void {
    this.#remember(key);
    this.#entries.set(key, { value, expiresAt });
  }

  delete(key: string): void {
    this.#remember(key);
    this.#entries.delete(key);
  }

  flush(): void {
    for (const key of [...this.#entries.keys()]) this.delete(key);
  }

  /** A restart from the append-only file: what was written after `since` never was. */
  forget(since: number): void {
    while (true) {
      const last = this.#past.at(-1);
      if (last === undefined || last.at < since) break;
      this.#past.pop();
      if (last.before === undefined) this.#entries.delete(last.key);
      else this.#entries.set(last.key, last.before);
    }
    this.#past = [];
  }

  #remember(key: string): void {
    this.#past.push({ at: this.#now(), key, before: this.#entries.get(key) });
  }
}
