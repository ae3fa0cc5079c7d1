import type { Test } from 'tap';
import type { Clock } from '../../../src/base/clock.js';
import type { ConfigSource } from '../../../src/config/sources/config-source.js';
import type { RemoteStore } from '../../../src/config/sources/remote-store.js';

/** A place for one configuration that nobody else uses, with what others do to it. */
export interface ConfigWorld {
  open(clock: Clock): Promise<ConfigSource>;
  put(text: string | Buffer): Promise<void>;
  remove(): Promise<void>;
  /** Left out where nothing can go away. */
  stop?(): Promise<void>;
  start?(): Promise<void>;
  /** What is below the source; left out by files. */
  openStore?(): RemoteStore;
  /** Forgets what was before now, where a service does such things. */
  compact?(): Promise<void>;
  /** From now on only some may read it; left out where there is nobody to say so. The last that is done to a world. */
  protect?(): Promise<ProtectedConfig>;
}

export interface ProtectedConfig {
  /** As nobody, with something wrong. */
  readonly refused: readonly ConfigSource[];
  readonly allowed: ConfigSource;
  /** May read and not write, where there are such rights. */
  readonly reader?: ConfigSource;
  /** What no message may show. */
  readonly secrets: readonly string[];
}

export type OpenConfigWorld = (t: Test) => Promise<ConfigWorld>;
