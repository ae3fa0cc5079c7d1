/** A place that holds the text of a configuration (CFG-10). */

export interface StoredConfig {
  readonly text: string;
  /** Changes whenever the text does. */
  readonly revision: string;
}

export interface ConfigSource {
  /** The absolute path, or an address without credentials. Its ending says when the text is JSON. */
  readonly place: string;
  /** Absolute path, where it is a file. */
  readonly file: string | undefined;
  /** @throws AppError `CONFIG_NOT_FOUND`, `CONFIG_UNREADABLE` */
  read(signal?: AbortSignal): Promise<StoredConfig>;
  /**
   * As a whole or not at all, and only while it still has the revision `expected`.
   * @throws AppError `CONFIG_CHANGED`, `CONFIG_NOT_WRITABLE`
   */
  write(text: string, expected: string, signal?: AbortSignal): Promise<StoredConfig>;
  /** Calls back when something may have changed; may call for nothing. The result ends it, and may be called twice. */
  watch(onChange: () => void): () => void;
}
