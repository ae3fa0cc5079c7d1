/** One change of one text file: read, changed in memory, backed up, replaced in one piece. What every writing tool shares. */
import { AppError } from '../../../../base/errors.js';
import type { ToolLimits } from '../../../../config/settings.js';
import { type Located, locate, refusePath } from '../../workspace.js';
import { inTurn } from './file-turns.js';
import { findStats, readStoredText, type StoredText, writeStored } from './stored-file.js';
import { type Encoding, encodeText } from './text-format.js';
import { recordUndo } from './undo-history.js';

export type WriteLimits = Pick<ToolLimits, 'workingDirectory' | 'maxWriteBytes' | 'allowedExtensions' | 'deniedExtensions'>;

export interface ChangeOptions {
  readonly limits: WriteLimits & { readonly maxReadBytes: number };
  readonly path: string;
  /** The old content is kept as `<name>.bak` beside it. */
  readonly backup: boolean;
  /** Steps that undo_edit can take back; 0: none. */
  readonly undoSteps: number;
  /** Folders on the way may be made. */
  readonly create: boolean;
  readonly signal: AbortSignal;
}

export interface Change {
  /** Of the file inside the working directory, links resolved. */
  readonly path: string;
  /** `undefined`: it did not exist. */
  readonly before: string | undefined;
  readonly after: string;
  readonly bytes: number;
  readonly encoding: Encoding;
}

/** `change` is handed the old text (`undefined`: no such file) and gives the new one. */
export async function changeFile(options: ChangeOptions, change: (before: StoredText | undefined) => string): Promise<Change> {
  const { limits, path, create, signal } = options;
  checkExtension(path, limits);
  return await locate(limits.workingDirectory, path, { create, signal }, async (located) => {
    if (located.name === '') throw new AppError('TOOL_FAILED', { message: `'${path}' is a folder; wanted a file` });
    // Of the file that a link leads to.
    checkExtension(located.name, limits);
    return await inTurn(`${limits.workingDirectory}\0${located.path}`, () => changeLocated(located, options, change));
  });
}

async function changeLocated(
  located: Located,
  options: ChangeOptions,
  change: (before: StoredText | undefined) => string,
): Promise<Change> {
  const { limits, path, backup, undoSteps, signal } = options;
  const stats = await findStats(located, path);
  const before = stats === undefined ? undefined : await readStoredText(located, path, limits.maxReadBytes);
  const text = change(before);
  const encoding = before?.encoding ?? 'utf-8';
  const bytes = encodeText({ text, encoding });
  if (bytes.length > limits.maxWriteBytes)
    throw new AppError('TOOL_FAILED', {
      message: `'${path}' would have ${bytes.length} bytes; the limit is ${limits.maxWriteBytes} (max_write_bytes)`,
    });
  signal.throwIfAborted();
  if (backup && before !== undefined) await writeBackup(located, path, before, signal);
  const undo = { root: limits.workingDirectory, path: located.path, signal };
  await recordUndo({ ...undo, before: before?.bytes, mode: before?.mode ?? 0o644, after: bytes, maxSteps: undoSteps });
  await writeStored(located, path, bytes, { replaces: before, signal });
  return { path: located.path, before: before?.text, after: text, bytes: bytes.length, encoding };
}

async function writeBackup(located: Located, path: string, before: StoredText, signal: AbortSignal): Promise<void> {
  const beside = { ...located, name: `${located.name}.bak` };
  const shown = `${path}.bak`;
  const stats = await findStats(beside, shown);
  if (stats?.isDirectory())
    throw new AppError('TOOL_FAILED', { message: `'${shown}' is a folder, so that there is no place for the backup; ask for none` });
  const identity = stats === undefined ? undefined : { bytes: before.bytes, mode: before.mode, identity: stats };
  await writeStored(beside, shown, before.bytes, { replaces: identity, mode: before.mode, signal });
}

/** TOOL-12. Every ending of the name counts as denied, the last one as allowed. */
export function checkExtension(
  path: string,
  { allowedExtensions, deniedExtensions }: Pick<WriteLimits, 'allowedExtensions' | 'deniedExtensions'>,
): void {
  const [, ...endings] = (path.split('/').at(-1) ?? '').toLowerCase().split('.');
  const plain = (extension: string) => extension.toLowerCase().replace(/^\./, '');
  const denied = deniedExtensions.map(plain).find((extension) => endings.includes(extension));
  if (denied !== undefined) throw refusePath(path, `files that end in .${denied} are not written (denied_extensions)`);
  const last = endings.at(-1) ?? '';
  if (allowedExtensions.length > 0 && !allowedExtensions.map(plain).includes(last))
    throw refusePath(
      path,
      `only files that end in ${allowedExtensions.map((extension) => `.${plain(extension)}`).join(', ')} are written (allowed_extensions)`,
    );
}
