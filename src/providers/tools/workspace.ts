/**
 * The folder that file tools work in and never leave (TOOL-16, W-36).
 *
 * Owns: how a path of a model becomes an open folder and a name in it. Does not own: what is read or written there.
 *
 * 1. Every component is opened from its parent's descriptor (`/proc/self/fd`), without following links: whoever swaps a folder for a
 *    link meanwhile gains nothing. Where there is no `/proc` (macOS), components are looked at by path, which such a swap can win.
 * 2. A link is resolved here, component by component, and may lead anywhere inside; a step above the root, or an absolute target that is
 *    not below it, is refused.
 * 3. State of Hector, secrets, and what git runs by itself (`.hector`, `.env`, `.git`) are not there for tools.
 */
import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readlink, realpath } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { AppError } from '../../base/errors.js';
import { isErrorCode } from './error-code.js';

/** An open folder inside the workspace. */
export interface OpenFolder {
  /** Path that leads to this name in this very folder, whatever happens to the folder's own name. */
  at(name: string): string;
  /** Relative to the workspace; '' = the workspace itself. */
  readonly path: string;
  readonly handle: FileHandle;
}

export interface Located {
  readonly folder: OpenFolder;
  /** '' = the folder itself. */
  readonly name: string;
  /** Relative to the workspace, links resolved: which file it is, however it was called. */
  readonly path: string;
}

export interface LocateOptions {
  /** Folders on the way that do not exist are made. */
  readonly create?: boolean;
  /** The path is a folder's: it is what is opened, and the name is ''. */
  readonly enter?: boolean;
  readonly signal: AbortSignal;
}

const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const MAX_PATH_LENGTH = 4_096;
const MAX_LINKS = 40;

/** Runs `use` with the folder of `path` open. @throws AppError `TOOL_PATH_REFUSED`; the file itself need not exist. */
export async function locate<T>(root: string, path: string, options: LocateOptions, use: (located: Located) => Promise<T>): Promise<T> {
  const start = await openRoot(root);
  const walk = new Walk(root, start.real, path, start.handle, options);
  try {
    return await use(await walk.run(splitPath(path, [root, start.real])));
  } finally {
    await walk.close();
  }
}

/** Runs `use` in a folder of Hector's own below the workspace, which no path of a model reaches. */
export async function withOwnFolder<T>(
  root: string,
  names: readonly string[],
  options: LocateOptions,
  use: (folder: OpenFolder) => Promise<T>,
): Promise<T> {
  const start = await openRoot(root);
  const walk = new Walk(root, start.real, names.join('/'), start.handle, { ...options, enter: true });
  try {
    return await use((await walk.run(names)).folder);
  } finally {
    await walk.close();
  }
}

/** Names of a path that a model gave, without links resolved. @throws AppError `TOOL_PATH_REFUSED` */
export function splitPath(path: string, roots: readonly string[]): readonly string[] {
  if (path === '' || path.length > MAX_PATH_LENGTH)
    throw refusePath(path, `it has ${path.length} characters; wanted 1 to ${MAX_PATH_LENGTH}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) throw refusePath(path, 'it holds a control character');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) throw refusePath(path, 'it is a URL; wanted a path inside the working directory');
  if (/^~/.test(path)) throw refusePath(path, '~ is not expanded; wanted a path inside the working directory');
  const own = isAbsolute(path) ? cutRoot(path, roots) : path;
  const names = own.split('/').filter((name) => name !== '' && name !== '.');
  if (own.split(/[/\\]/).includes('..')) throw refusePath(path, "it holds '..'; wanted a path inside the working directory");
  const hidden = names.find(isProtectedName);
  if (hidden !== undefined)
    throw refusePath(path, `'${hidden}' is closed to file tools: it holds state or secrets of Hector, or what git runs by itself`);
  return names;
}

/** Hector's state, files of secrets as it reads them itself, and git's folder, whose hooks and settings are programs. */
export function isProtectedName(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    lower === '.hector' ||
    lower === '.git' ||
    lower === '.env' ||
    (lower.startsWith('.env.') && !/\.(example|sample|template|dist)$/.test(lower))
  );
}

export function refusePath(path: string, reason: string, cause?: unknown): AppError {
  return new AppError('TOOL_PATH_REFUSED', { message: `the path '${path.slice(0, 200)}' is refused: ${reason}`, cause });
}

function cutRoot(path: string, roots: readonly string[]): string {
  const root = roots.find((candidate) => path === candidate || path.startsWith(withSeparator(candidate)));
  if (root === undefined) throw refusePath(path, 'it is outside of the working directory; wanted a path relative to it');
  return path.slice(root.length).replace(/^\/+/, '');
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

async function openRoot(root: string): Promise<{ readonly real: string; readonly handle: FileHandle }> {
  try {
    const real = await realpath(root);
    return { real, handle: await open(real, FOLDER_FLAGS) };
  } catch (error) {
    throw new AppError('TOOL_FAILED', {
      message: `the working directory '${root}' cannot be opened; create it or change working_directory`,
      cause: error,
    });
  }
}

class Walk {
  readonly #roots: readonly string[];
  readonly #real: string;
  readonly #asked: string;
  readonly #options: LocateOptions;
  /** From the root to where the walk is. */
  readonly #open: { readonly name: string; readonly handle: FileHandle }[];
  #links = 0;

  constructor(root: string, real: string, asked: string, rootHandle: FileHandle, options: LocateOptions) {
    this.#roots = [root, real];
    this.#real = real;
    this.#asked = asked;
    this.#options = options;
    this.#open = [{ name: '', handle: rootHandle }];
  }

  async run(names: readonly string[]): Promise<Located> {
    const left = [...names];
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      this.#options.signal.throwIfAborted();
      if (name === '..') {
        await this.#leave();
        continue;
      }
      const target = await this.#findLink(name);
      if (target !== undefined) left.unshift(...(await this.#follow(target)).filter((part) => part !== '' && part !== '.'));
      else if (left.length === 0 && this.#options.enter !== true) return this.#located(name);
      else await this.#enter(name);
    }
    return this.#located('');
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map(({ handle }) => handle.close()));
  }

  #located(name: string): Located {
    const path = this.#path();
    const folder: OpenFolder = { at: (own) => this.#at(own), path, handle: this.#last().handle };
    return { folder, name, path: path === '' ? name : name === '' ? path : `${path}/${name}` };
  }

  async #findLink(name: string): Promise<string | undefined> {
    try {
      return await readlink(this.#at(name));
    } catch (error) {
      // Not a link, or not there.
      if (isErrorCode(error, 'EINVAL', 'ENOENT', 'ENOTDIR')) return undefined;
      throw refusePath(this.#asked, `'${name}' cannot be looked at`, error);
    }
  }

  /** Names that take the place of the link. */
  async #follow(target: string): Promise<readonly string[]> {
    this.#links += 1;
    if (this.#links > MAX_LINKS) throw refusePath(this.#asked, 'it leads through too many links');
    if (!isAbsolute(target)) return this.#check(target.split('/'));
    const root = this.#roots.find((candidate) => target === candidate || target.startsWith(withSeparator(candidate)));
    if (root === undefined) throw refusePath(this.#asked, 'a link on the way leads out of the working directory');
    while (this.#open.length > 1) await this.#leave();
    return this.#check(target.slice(root.length).split('/'));
  }

  #check(names: readonly string[]): readonly string[] {
    if (names.some(isProtectedName)) throw refusePath(this.#asked, 'a link on the way leads to what is closed to file tools');
    return names;
  }

  async #leave(): Promise<void> {
    if (this.#open.length === 1) throw refusePath(this.#asked, 'a link on the way leads out of the working directory');
    await this.#open.pop()?.handle.close();
  }

  async #enter(name: string): Promise<void> {
    const path = this.#at(name);
    try {
      this.#open.push({ name, handle: await open(path, FOLDER_FLAGS) });
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT') || this.#options.create !== true) throw this.#explain(name, error);
      await mkdir(path).catch((reason: unknown) => {
        if (!isErrorCode(reason, 'EEXIST')) throw this.#explain(name, reason);
      });
      this.#open.push({
        name,
        handle: await open(path, FOLDER_FLAGS).catch((reason: unknown) => Promise.reject(this.#explain(name, reason))),
      });
    }
  }

  #explain(name: string, error: unknown): AppError {
    if (isErrorCode(error, 'ENOENT'))
      return new AppError('TOOL_FAILED', { message: `'${this.#asked}' does not exist: there is no folder '${name}'`, cause: error });
    if (isErrorCode(error, 'ENOTDIR', 'ELOOP')) return refusePath(this.#asked, `'${name}' is not a folder`, error);
    return refusePath(this.#asked, `'${name}' cannot be opened`, error);
  }

  #last(): { readonly name: string; readonly handle: FileHandle } {
    return this.#open.at(-1) as { name: string; handle: FileHandle };
  }

  #path(): string {
    return this.#open
      .slice(1)
      .map(({ name }) => name)
      .join('/');
  }

  #at(name: string): string {
    return hasDescriptorPaths() ? `/proc/self/fd/${this.#last().handle.fd}/${name}` : join(this.#real, this.#path(), name);
  }
}

let descriptorPaths: boolean | undefined;

function hasDescriptorPaths(): boolean {
  descriptorPaths ??= existsSync('/proc/self/fd');
  return descriptorPaths;
}

/** A folder in an open folder; a link is not followed. The caller closes it. @throws what the system says */
export async function openChild(folder: OpenFolder, name: string): Promise<OpenFolder> {
  const path = folder.at(name);
  const handle = await open(path, FOLDER_FLAGS);
  return {
    at: (own) => (hasDescriptorPaths() ? `/proc/self/fd/${handle.fd}/${own}` : join(path, own)),
    path: folder.path === '' ? name : `${folder.path}/${name}`,
    handle,
  };
}

/** The real path of a folder inside the workspace. @throws AppError when it is none, or outside */
export async function findInside(root: string, path: string, options: LocateOptions): Promise<string> {
  return await locate(root, path, { ...options, enter: true }, async ({ folder }) => {
    const real = await realpath(root);
    return folder.path === '' ? real : join(real, folder.path);
  });
}
