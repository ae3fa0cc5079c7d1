import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '../base/errors.js';

/** Larger files are refused. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

/** The text of a file in UTF-8 or, with a byte order mark, UTF-16. With `optional`, a missing file gives `undefined`. */
export function readConfigFile(file: string): string;
export function readConfigFile(file: string, options: { readonly optional: true }): string | undefined;
export function readConfigFile(file: string, options: { readonly optional?: true } = {}): string | undefined {
  try {
    return decode(readBytes(file), file);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    if (isMissing && options.optional) return undefined;
    if (isMissing)
      throw new AppError('CONFIG_NOT_FOUND', {
        message: `${file} does not exist; name another file with --config, or leave the flag out to run without one`,
      });
    if (code === 'EISDIR') throw new AppError('CONFIG_UNREADABLE', { message: `${file} is a folder; name a file in it` });
    if (code === 'EACCES')
      throw new AppError('CONFIG_UNREADABLE', {
        message: `${file} may not be read by this user; change its permissions (chmod u+r) or those of its folder (chmod u+rx)`,
        cause: error,
      });
    throw new AppError('CONFIG_UNREADABLE', { message: `${file} cannot be read`, cause: error });
  }
}

function readBytes(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    if (fstatSync(descriptor).isDirectory()) throw new AppError('CONFIG_UNREADABLE', { message: `${file} is a folder; name a file in it` });
    const bytes = Buffer.alloc(MAX_CONFIG_BYTES + 1);
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(descriptor, bytes, length, bytes.length - length, null);
      if (count === 0) break;
      length += count;
    }
    if (length > MAX_CONFIG_BYTES)
      throw new AppError('CONFIG_UNREADABLE', { message: `${file} is larger than 1 MiB, the limit for a configuration file` });
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function decode(bytes: Buffer, file: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch (error) {
    throw new AppError('CONFIG_SYNTAX', { message: `${file} is not text in UTF-8 (or UTF-16 with a byte order mark)`, cause: error });
  }
  throw new AppError('CONFIG_SYNTAX', { message: `${file} holds NUL bytes; save it as text in UTF-8` });
}
