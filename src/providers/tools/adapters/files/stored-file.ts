/** Files as tools read and write them: regular files only, whole, replaced in one piece. */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, open, rename, unlink } from 'node:fs/promises';
import { AppError } from '../../../../base/errors.js';
import { isErrorCode } from '../../error-code.js';
import { type Located, refusePath } from '../../workspace.js';
import { decodeText, type Encoding } from './text-format.js';

export interface StoredFile {
  readonly bytes: Buffer;
  /** Permission bits. */
  readonly mode: number;
  /** Which file it was, and how it was: a later change shows. */
  readonly identity: FileIdentity;
}

export interface StoredText extends StoredFile {
  readonly text: string;
  readonly encoding: Encoding;
}

type FileIdentity = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs' | 'ctimeMs' | 'uid' | 'gid'>;

/** What is there: a file, a folder, or nothing. @throws AppError `TOOL_PATH_REFUSED` for everything else. */
export async function findStats(located: Located, shown: string): Promise<Stats | undefined> {
  try {
    const stats = await lstat(located.folder.at(located.name === '' ? '.' : located.name));
    if (stats.isDirectory()) return stats;
    checkRegular(stats, shown);
    return stats;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    if (error instanceof AppError) throw error;
    throw refusePath(shown, isErrorCode(error, 'ENAMETOOLONG') ? 'a name in it is too long' : 'it cannot be looked at', error);
  }
}

/** @throws AppError when it does not exist, is not a plain file, or is larger than `maxBytes`. */
export async function readStored(located: Located, shown: string, maxBytes: number): Promise<StoredFile> {
  const stats = await findStats(located, shown);
  if (stats === undefined) throw new AppError('TOOL_FAILED', { message: `'${shown}' does not exist` });
  if (stats.isDirectory()) throw new AppError('TOOL_FAILED', { message: `'${shown}' is a folder; wanted a file` });
  // A pipe that took its place meanwhile would block an open without O_NONBLOCK for ever.
  const handle = await open(located.folder.at(located.name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => Promise.reject(refusePath(shown, 'it cannot be opened', error)),
  );
  try {
    const opened = await handle.stat();
    checkRegular(opened, shown);
    if (opened.size > maxBytes) throw tooLarge(shown, opened.size, maxBytes);
    const bytes = Buffer.alloc(opened.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { bytes: bytes.subarray(0, length), mode: opened.mode & 0o777, identity: opened };
  } finally {
    await handle.close();
  }
}

export async function readStoredText(located: Located, shown: string, maxBytes: number): Promise<StoredText> {
  const stored = await readStored(located, shown, maxBytes);
  const decoded = decodeText(stored.bytes);
  if (decoded === undefined) throw new AppError('TOOL_FAILED', { message: `'${shown}' is not a text file (${stored.bytes.length} bytes)` });
  return { ...stored, ...decoded };
}

export interface WriteOptions {
  /** The file that is replaced, as it was read; `undefined`: there is none. */
  readonly replaces: StoredFile | undefined;
  /** Permission bits of a new file. Default: as the process makes files. */
  readonly mode?: number;
  readonly signal: AbortSignal;
}

/**
 * The new content is written beside the file and renamed over it: a reader, and a crash, find the old one or the new one.
 * @throws AppError `TOOL_FAILED` when somebody else changed the file since it was read.
 */
export async function writeStored(
  { folder, name }: Located,
  shown: string,
  bytes: Buffer,
  { replaces, mode, signal }: WriteOptions,
): Promise<void> {
  const temporary = `.${name.slice(0, 60)}.${randomBytes(8).toString('hex')}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(folder.at(temporary), flags, 0o666).catch((error: unknown) =>
    Promise.reject(new AppError('TOOL_FAILED', { message: `'${shown}' cannot be written: ${describe(error)}`, cause: error })),
  );
  try {
    try {
      await handle.writeFile(bytes);
      const { uid, gid } = await handle.stat();
      const owner = replaces?.identity;
      if (owner !== undefined && (owner.uid !== uid || owner.gid !== gid)) await handle.chown(owner.uid, owner.gid);
      const bits = replaces?.mode ?? mode;
      if (bits !== undefined) await handle.chmod(bits);
      await handle.sync();
    } finally {
      await handle.close();
    }
    signal.throwIfAborted();
    await checkUnchanged({ folder, name }, shown, replaces);
    await rename(folder.at(temporary), folder.at(name));
  } catch (error) {
    await unlink(folder.at(temporary)).catch((reason: unknown) => {
      if (!isErrorCode(reason, 'ENOENT')) throw reason;
    });
    if (error instanceof AppError || signal.aborted) throw error;
    throw new AppError('TOOL_FAILED', { message: `'${shown}' cannot be written: ${describe(error)}`, cause: error });
  }
  await folder.handle.sync();
}

async function checkUnchanged(
  { folder, name }: Pick<Located, 'folder' | 'name'>,
  shown: string,
  replaces: StoredFile | undefined,
): Promise<void> {
  const now = await lstat(folder.at(name)).catch((error: unknown) => {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  const before = replaces?.identity;
  const isSame =
    now === undefined || before === undefined
      ? now === before
      : now.ino === before.ino &&
        now.dev === before.dev &&
        now.size === before.size &&
        now.mtimeMs === before.mtimeMs &&
        now.ctimeMs === before.ctimeMs;
  if (!isSame) throw new AppError('TOOL_FAILED', { message: `'${shown}' was changed by somebody else meanwhile; read it again` });
}

/** A second name of the same file may lie anywhere; pipes, sockets and devices are not files to edit. */
function checkRegular(stats: Stats, shown: string): void {
  if (!stats.isFile()) throw refusePath(shown, `it is ${describeKind(stats)}, not a file`);
  if (stats.nlink > 1)
    throw refusePath(shown, `it has ${stats.nlink} hard links, so that it may be a file outside of the working directory`);
}

function describeKind(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a link';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

export function tooLarge(shown: string, bytes: number, maxBytes: number): AppError {
  return new AppError('TOOL_FAILED', { message: `'${shown}' has ${bytes} bytes; the limit is ${maxBytes}` });
}

function describe(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
