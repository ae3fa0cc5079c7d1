/** The search itself, run on a thread of its own: a pattern that never ends hangs that thread, which is then ended (`grep-search.ts`). */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { AppError } from '../../../../base/errors.js';
import { isProtectedName, type Located, locate, type OpenFolder, openChild } from '../../workspace.js';
import { createGlob } from './grep-glob.js';
import { findStats, readStored } from './stored-file.js';
import { decodeText } from './text-format.js';

export interface GrepQuery {
  readonly root: string;
  readonly path: string;
  readonly pattern: string;
  readonly filePattern: string | undefined;
  readonly ignoreCase: boolean;
  readonly contextLines: number;
  readonly maxResults: number;
  readonly recursive: boolean;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
}

export interface GrepFound {
  /** Lines of one file as they are shown. */
  readonly text: string;
  readonly matches: number;
}

export interface GrepEnd {
  readonly files: number;
  /** Too large, unreadable or not plain files. */
  readonly skipped: number;
  /** What made it end early. */
  readonly limit: 'results' | 'files' | undefined;
}

const MAX_LINE_LENGTH = 500;
const MAX_DEPTH = 64;
const SKIPPED_FOLDERS = ['.git', 'node_modules'];

export async function grepFiles(query: GrepQuery, show: (found: GrepFound) => void): Promise<GrepEnd> {
  const search = new Search(query, show);
  // The thread is ended from outside.
  const { signal } = new AbortController();
  const isFolder = await locate(query.root, query.path, { signal }, async (located) => {
    const stats = await findStats(located, query.path);
    if (stats === undefined) throw new AppError('TOOL_FAILED', { message: `'${query.path}' does not exist` });
    if (!stats.isDirectory()) await search.file(located);
    return stats.isDirectory();
  });
  if (isFolder) await locate(query.root, query.path, { signal, enter: true }, (located) => search.folder(located.folder, '', 0));
  return search.end();
}

class Search {
  readonly #query: GrepQuery;
  readonly #show: (found: GrepFound) => void;
  readonly #expression: RegExp;
  readonly #fits: (path: string) => boolean;
  #matches = 0;
  #files = 0;
  #skipped = 0;
  #limit: GrepEnd['limit'];

  constructor(query: GrepQuery, show: (found: GrepFound) => void) {
    this.#query = query;
    this.#show = show;
    this.#expression = compile(query);
    this.#fits = query.filePattern === undefined ? () => true : createGlob(query.filePattern);
  }

  end(): GrepEnd {
    return { files: this.#files, skipped: this.#skipped, limit: this.#limit };
  }

  /** `below`: the folder's path below the one that is searched. */
  async folder(folder: OpenFolder, below: string, depth: number): Promise<void> {
    const entries = (await readdir(folder.at('.'), { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (this.#limit !== undefined) return;
      if (isProtectedName(entry.name)) continue;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await this.#child(folder, entry, path, depth);
      else if (!this.#fits(path)) continue;
      else if (entry.isFile())
        await this.file({ folder, name: entry.name, path: folder.path === '' ? entry.name : `${folder.path}/${entry.name}` });
      else this.#skipped += 1;
    }
  }

  async #child(folder: OpenFolder, { name }: Dirent, path: string, depth: number): Promise<void> {
    if (!this.#query.recursive || SKIPPED_FOLDERS.includes(name)) return;
    if (depth >= MAX_DEPTH) {
      this.#skipped += 1;
      return;
    }
    const child = await openChild(folder, name).catch(() => undefined);
    if (child === undefined) {
      this.#skipped += 1;
      return;
    }
    try {
      await this.folder(child, path, depth + 1);
    } finally {
      await child.handle.close();
    }
  }

  async file(located: Located): Promise<void> {
    if (this.#files >= this.#query.maxFiles) {
      this.#limit = 'files';
      return;
    }
    this.#files += 1;
    const bytes = await readStored(located, located.path, this.#query.maxFileBytes).then(
      (stored) => stored.bytes,
      () => undefined,
    );
    const decoded = bytes === undefined ? undefined : decodeText(bytes);
    if (decoded === undefined) this.#skipped += 1;
    else this.#lines(located.path, decoded.text.replace(/\r?\n$/, '').split(/\r?\n/));
  }

  #lines(path: string, lines: readonly string[]): void {
    const { contextLines, maxResults } = this.#query;
    const hits: number[] = [];
    for (const [index, line] of lines.entries()) {
      if (!this.#expression.test(line)) continue;
      if (this.#matches >= maxResults) {
        this.#limit = 'results';
        break;
      }
      this.#matches += 1;
      hits.push(index);
    }
    if (hits.length === 0) return;
    const shown: string[] = [];
    let next = -1;
    for (const [position, hit] of hits.entries()) {
      const start = Math.max(hit - contextLines, next === -1 ? 0 : next);
      if (next !== -1 && start > next) shown.push('--');
      // The next hit is shown as one, not as context.
      const end = Math.min(hit + contextLines, (hits[position + 1] ?? lines.length) - 1, lines.length - 1);
      for (let at = start; at <= end; at++)
        shown.push(`${path}${at === hit ? ':' : '-'}${at + 1}${at === hit ? ':' : '-'}${cut(lines[at] as string)}`);
      next = end + 1;
    }
    this.#show({ text: shown.join('\n'), matches: hits.length });
  }
}

function compile({ pattern, ignoreCase }: GrepQuery): RegExp {
  try {
    return new RegExp(pattern, ignoreCase ? 'i' : '');
  } catch (error) {
    throw new AppError('TOOL_ARGUMENTS_INVALID', {
      message: `the pattern is not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

function cut(line: string): string {
  return line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)} … (${line.length} characters)` : line;
}
