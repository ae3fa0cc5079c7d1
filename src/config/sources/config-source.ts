/** A place that holds the text of a configuration (CFG-10). */

export interface StoredConfig {
  readonly text: string;
  /** Changes whenever the text does. */
  readonly revision: string;
}

export interface ConfigSource {
  /** The absolute path, or an address without credentials. Its ending says when the text is JSON. */
  readonly place: string;
  /** Absolute path of a file of this machine: `place` itself, or what names it. The `.env` beside it counts. */
  readonly file: string | undefined;
  /** @throws AppError `CONFIG_NOT_FOUND`, `CONFIG_UNREADABLE`, `CONFIG_SYNTAX` when it is no text, `CONFIG_SOURCE_UNAVAILABLE` */
  read(signal?: AbortSignal): Promise<StoredConfig>;
  /**
   * As a whole or not at all, and only while it still has the revision `expected`.
   * @throws AppError `CONFIG_CHANGED`, `CONFIG_NOT_WRITABLE`, and what `read` throws
   */
  write(text: string, expected: string, signal?: AbortSignal): Promise<StoredConfig>;
  /**
   * Calls back when something may have changed; may call for nothing. While nobody can tell whether it has, it says so to `warn`, and
   * calls back when that is over. The result ends it, and may be called twice.
   */
  watch(onChange: () => void, warn?: (message: string) => void): () => void;
}
