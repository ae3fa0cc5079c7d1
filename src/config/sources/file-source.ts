import { realpathSync } from 'node:fs';
import { type Clock, systemClock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { sha256Hex } from '../../base/json.js';
import { readConfigFile } from '../read-config-file.js';
import type { ConfigSource, StoredConfig } from './config-source.js';
import { replaceFile } from './replace-file.js';
import { watchFiles } from './watch-files.js';

export interface FileSourceOptions {
  /** Beside the file itself, such as `.env` files. */
  readonly alsoWatched?: readonly string[];
  readonly clock?: Clock;
}

/** @param file absolute */
export function createFileSource(file: string, { alsoWatched = [], clock = systemClock }: FileSourceOptions = {}): ConfigSource {
  const read = (): StoredConfig => {
    const text = readConfigFile(file);
    return { text, revision: revisionOf(text) };
  };
  return {
    place: file,
    file,
    read: async () => read(),
    async write(text, expected) {
      if (read().revision !== expected) throw changedMeanwhile(file);
      const isExpected = (name: string) => revisionOf(readConfigFile(name)) === expected;
      // A link stays one: what it leads to is replaced.
      if (!replaceConfigFile(realpathSync(file), text, isExpected)) throw changedMeanwhile(file);
      // Not by reading it again: that may be somebody else's already. A byte order mark is no part of what is read.
      const written = text.replace(/^\uFEFF/, '');
      return { text: written, revision: revisionOf(written) };
    },
    watch: (onChange) => watchFiles({ files: [file, ...alsoWatched], onChange, clock }),
  };
}

/** False: somebody else has changed it meanwhile. @throws AppError `CONFIG_NOT_WRITABLE`, and what `isExpected` throws */
export function replaceConfigFile(file: string, text: string, isExpected: (name: string) => boolean): boolean {
  try {
    return replaceFile(file, text, isExpected);
  } catch (error) {
    throw error instanceof AppError ? error : notWritable(file, error);
  }
}

export function changedMeanwhile(file: string): AppError {
  return new AppError('CONFIG_CHANGED', { message: `${file} was changed by somebody else meanwhile; read it again` });
}

function revisionOf(text: string): string {
  return sha256Hex(text).slice(0, 32);
}

export function notWritable(file: string, error: unknown): AppError {
  const { code = 'no reason' } = error as NodeJS.ErrnoException;
  const cure =
    code === 'EROFS' || code === 'EBUSY'
      ? 'it is mounted; change it where it comes from, such as the ConfigMap, or mount its folder'
      : 'its folder must be writable by this user';
  return new AppError('CONFIG_NOT_WRITABLE', { message: `${file} cannot be replaced (${code}): ${cure}`, cause: error });
}
