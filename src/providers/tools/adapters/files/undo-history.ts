/**
 * What files were before text_editor changed them (TOOL-10: undo_edit), kept in `.hector/undo` of the working directory: it outlives
 * the process, and every instance that shares the folder sees it.
 *
 * 1. An entry is written before its change: a crash in between leaves one whose change never happened, which is passed over.
 * 2. Undoing what is no longer as the entry left it is refused: somebody else has changed the file.
 * 3. At most `maxUndoSteps` entries per file; the oldest go.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readFile, unlink } from 'node:fs/promises';
import { AppError } from '../../../../base/errors.js';
import type { OpenFolder } from '../../workspace.js';
import { withOwnFolder } from '../../workspace.js';

export interface UndoOptions {
  readonly root: string;
  /** Of the file, links resolved. */
  readonly path: string;
  readonly signal: AbortSignal;
}

export interface UndoEntry {
  /** `undefined`: there was no such file. */
  readonly before: Buffer | undefined;
  readonly mode: number;
}

interface StoredEntry {
  readonly path: string;
  readonly before: string | null;
  readonly mode: number;
  readonly after: string;
}

/** Keeps what `path` is now, before it becomes `after`. */
export async function recordUndo({
  before,
  mode,
  after,
  maxSteps,
  ...options
}: UndoOptions & UndoEntry & { readonly after: Buffer; readonly maxSteps: number }): Promise<void> {
  if (maxSteps === 0) return;
  await withOwnFolder(options.root, folderOf(options.path), { create: true, signal: options.signal }, async (folder) => {
    const names = await listEntries(folder);
    const next = String(Number(names.at(-1)?.slice(0, 12) ?? 0) + 1).padStart(12, '0');
    const entry: StoredEntry = { path: options.path, before: before?.toString('base64') ?? null, mode, after: hashOf(after) };
    const handle = await open(
      folder.at(`${next}.json`),
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      await handle.writeFile(JSON.stringify(entry));
      await handle.sync();
    } finally {
      await handle.close();
    }
    for (const name of names.slice(0, Math.max(0, names.length + 1 - maxSteps))) await unlink(folder.at(name));
  });
}

/**
 * Hands the newest change of the file to `restore` and forgets it afterwards.
 * @throws AppError `TOOL_FAILED` when there is none, or the file is no longer as it left it.
 */
export async function undoLast(
  options: UndoOptions & { readonly now: Buffer | undefined },
  restore: (entry: UndoEntry) => Promise<void>,
): Promise<void> {
  await withOwnFolder(options.root, folderOf(options.path), { create: true, signal: options.signal }, async (folder) => {
    for (const name of (await listEntries(folder)).reverse()) {
      const entry = JSON.parse(await readFile(folder.at(name), 'utf8')) as StoredEntry;
      const before = entry.before === null ? undefined : Buffer.from(entry.before, 'base64');
      const now = options.now === undefined ? '' : hashOf(options.now);
      if (now === entry.after) {
        await restore({ before, mode: entry.mode });
        await unlink(folder.at(name));
        return;
      }
      if (now !== (before === undefined ? '' : hashOf(before)))
        throw new AppError('TOOL_FAILED', {
          message: `'${options.path}' was changed since by something else than text_editor; nothing is undone`,
        });
      await unlink(folder.at(name));
    }
    throw new AppError('TOOL_FAILED', { message: `there is no change of '${options.path}' to undo` });
  });
}

function folderOf(path: string): readonly string[] {
  return ['.hector', 'undo', createHash('sha256').update(path).digest('hex').slice(0, 32)];
}

async function listEntries(folder: OpenFolder): Promise<string[]> {
  return (await readdir(folder.at('.'))).filter((name) => /^\d{12}\.json$/.test(name)).sort();
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
