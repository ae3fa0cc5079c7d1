/** What configurations in Consul, etcd and ZooKeeper have in common: text, limits, times, and the watch (CFG-10, CFG-93, CFG-94). */
import { type Clock, systemClock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { withinTime } from '../../base/within-time.js';
import { MAX_CONFIG_BYTES } from '../read-config-file.js';
import type { ConfigSource, StoredConfig } from './config-source.js';
import { formatRemotePlace, type RemotePlace } from './remote-place.js';
import type { RemoteReading, RemoteStore } from './remote-store.js';
import { watchFiles } from './watch-files.js';
import { watchRemote } from './watch-remote.js';

export interface RemoteSourceOptions {
  /** Absolute path of the file that names the place, where one does. */
  readonly file?: string | undefined;
  /** Files of this machine that belong to it, such as `.env`. */
  readonly alsoWatched?: readonly string[];
  readonly clock?: Clock;
}

export function createRemoteSource(
  remote: RemotePlace,
  store: RemoteStore,
  { file, alsoWatched = [], clock = systemClock }: RemoteSourceOptions = {},
): ConfigSource {
  const place = formatRemotePlace(remote);
  const within = <T>(signal: AbortSignal | undefined, run: (signal: AbortSignal) => Promise<T>) =>
    withinTime({ clock, limitMs: remote.timeoutMs, createError: () => createTimeout(place, remote) }, signal ?? NEVER, run);
  const get = (signal?: AbortSignal): Promise<RemoteReading> => within(signal, (limited) => store.get(limited));

  return {
    place,
    file,
    async read(signal) {
      return decode((await get(signal)).value, place, store);
    },
    async write(text, expected, signal): Promise<StoredConfig> {
      const bytes = Buffer.from(text);
      if (bytes.length > store.maxBytes)
        throw new AppError('CONFIG_NOT_WRITABLE', {
          message: `the text has ${bytes.length} bytes, and ${remote.provider} takes ${store.maxBytes} for one key`,
        });
      const revision = await within(signal, (limited) => store.put(bytes, expected, limited));
      if (revision === undefined)
        throw new AppError('CONFIG_CHANGED', { message: `${place} was changed by somebody else meanwhile; read it again` });
      return { text, revision };
    },
    watch(onChange, warn = () => undefined) {
      const stopFiles = watchFiles({ files: alsoWatched, onChange, clock });
      const stopRemote = watchRemote({ place, get, awaitChange: store.awaitChange, onChange, warn, clock });
      return () => {
        stopFiles();
        stopRemote();
      };
    },
  };
}

function decode(value: RemoteReading['value'], place: string, { howToWrite }: RemoteStore): StoredConfig {
  if (value === undefined) throw new AppError('CONFIG_NOT_FOUND', { message: `there is nothing at ${place}; put it there: ${howToWrite}` });
  const { bytes, revision } = value;
  if (bytes.length > MAX_CONFIG_BYTES)
    throw new AppError('CONFIG_UNREADABLE', { message: `${place} is larger than 1 MiB, the limit for a configuration` });
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return { text, revision };
  } catch (error) {
    throw new AppError('CONFIG_SYNTAX', { message: `${place} is not text in UTF-8`, cause: error });
  }
  throw new AppError('CONFIG_SYNTAX', { message: `${place} holds NUL bytes; wanted text in UTF-8` });
}

function createTimeout(place: string, { timeoutMs }: RemotePlace): AppError {
  return new AppError('CONFIG_SOURCE_UNAVAILABLE', { message: `${place} did not answer within ${timeoutMs} ms` });
}

const NEVER = new AbortController().signal;
