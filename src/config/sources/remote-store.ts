/** A key of a service that holds configurations, as the providers offer it; what they share is in `remote-source.ts`. */

export interface RemoteValue {
  readonly bytes: Buffer;
  /** Another one after every write, also when the key was deleted and made anew. */
  readonly revision: string;
}

export interface RemoteReading {
  /** `undefined`: there is no such key. */
  readonly value: RemoteValue | undefined;
  /** Where the service stood then, for `awaitChange`. */
  readonly position: string;
}

/** Every failure is an AppError; `CONFIG_SOURCE_UNAVAILABLE` is one that passes. Whoever calls sets the time. */
export interface RemoteStore {
  /** Larger values are not taken by the service. */
  readonly maxBytes: number;
  /** What to do when there is no such key, for people. */
  readonly howToWrite: string;
  get(signal: AbortSignal): Promise<RemoteReading>;
  /** The new revision; `undefined`: the key has another revision than `expected`, and nothing is written. */
  put(bytes: Buffer, expected: string, signal: AbortSignal): Promise<string | undefined>;
  /** Resolves once the key may have changed since `position`, whatever happened in between; rejects when the service is lost. */
  awaitChange(position: string, signal: AbortSignal): Promise<void>;
}
