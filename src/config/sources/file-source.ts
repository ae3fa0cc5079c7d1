import { realpathSync } from 'node:fs';
import { type Clock, systemClock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { sha256Hex } from '../../base/json.js';
import { readConfigFile } from '../read-config-file.js';
import type { ConfigSource, StoredConfig } from './config-source.js';
import { watchFiles } from './watch-files.js';
import { writeFileWhole } from './write-file-whole.js';

export interface FileSourceOptions {
  /** Beside the file itself, such as `.env` files. */
  readonly alsoWatched?: readonly string[];
  readonly clock?: Clock;
}

/** @param file absolute */
export function createFileSource(file: string, { alsoWatched = [], clock = systemClock }: FileSourceOptions = {}): ConfigSource {
  const read = (): StoredConfig => {
    const text = readConfigFile(file);
    return { text, revision: sha256Hex(text).slice(0, 32) };
  };
  return {
    place: file,
    file,
    read: async () => read(),
    async write(text, expected) {
      if (read().revision !== expected)
        throw new AppError('CONFIG_CHANGED', { message: `${file} was changed by somebody else meanwhile; read it again` });
      try {
        // A link stays one: what it leads to is replaced.
        writeFileWhole(realpathSync(file), text);
      } catch (error) {
        throw notWritable(file, error);
      }
      return read();
    },
    watch: (onChange) => watchFiles({ files: [file, ...alsoWatched], onChange, clock }),
  };
}

export function notWritable(file: string, error: unknown): AppError {
  const { code = 'no reason' } = error as NodeJS.ErrnoException;
  const cure =
    code === 'EROFS' || code === 'EBUSY'
      ? 'it is mounted; change it where it comes from, such as the ConfigMap, or mount its folder'
      : 'its folder must be writable by this user';
  return new AppError('CONFIG_NOT_WRITABLE', { message: `${file} cannot be replaced (${code}): ${cure}`, cause: error });
}
