/**
 * Documents in a folder and below it (RAG-01).
 *
 * 1. What is read lies in the folder: a link that leads out of it is a problem, not a document.
 * 2. A file is one document, whatever links to it; a link gives a name only to what has none of its own because its
 *    place is excluded (as in mounted ConfigMaps, whose files link into a hidden folder).
 */
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { AppError, describeError } from '../../base/errors.js';
import type { DirectorySourceSettings } from '../../config/settings.js';
import type { DocumentSource, SourceDocument, SourceFinding } from './document-source.js';
import { createGlobMatcher } from './glob.js';

/** A place below the source: its name there, and where it really is. */
interface Place {
  readonly id: string;
  readonly real: string;
}

export function createDirectorySource(settings: DirectorySourceSettings): DocumentSource {
  const included = createGlobMatcher(settings.include);
  const excluded = createGlobMatcher(settings.exclude);
  return {
    async *scan(signal) {
      const links: Place[] = [];
      const seen = new Set<string>();
      const root = await realpath(settings.path).catch((error: unknown) => {
        throw unreadable(settings.path, error);
      });

      async function* walk(folder: Place): AsyncGenerator<SourceFinding> {
        signal.throwIfAborted();
        if (seen.has(folder.real)) return;
        seen.add(folder.real);
        let names: string[];
        try {
          names = await readdir(folder.real);
        } catch (error) {
          if (folder.id === '') throw unreadable(settings.path, error);
          const path = join(settings.path, folder.id);
          yield { type: 'problem', problem: { id: folder.id, path, isFolder: true, error: unreadable(path, error) } };
          return;
        }
        for (const name of names.sort()) {
          const id = folder.id === '' ? name : `${folder.id}/${name}`;
          if (!excluded.matches(id)) yield* visit({ id, real: join(folder.real, name) });
        }
      }
      async function* visit(place: Place): AsyncGenerator<SourceFinding> {
        const found = yield* looking(place.id, () => lstat(place.real));
        if (found?.isSymbolicLink()) links.push(place);
        else if (found?.isDirectory()) yield* walk(place);
        else if (found?.isFile()) yield* add(place, found);
      }
      async function* follow({ id, real: link }: Place): AsyncGenerator<SourceFinding> {
        const target = yield* looking(id, async () => {
          const real = await realpath(link);
          const found = await stat(real);
          if (!found.isDirectory() && !isWanted(id)) return undefined;
          if (!isInside(root, real)) throw leadsOutside(join(settings.path, id));
          return { real, found };
        });
        if (target?.found.isDirectory()) yield* walk({ id, real: target.real });
        else if (target?.found.isFile()) yield* add({ id, real: target.real }, target.found);
      }
      const isWanted = (id: string) => settings.include.length === 0 || included.matches(id);
      function* add({ id, real }: Place, { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number }): Generator<SourceFinding> {
        if (!isWanted(id) || seen.has(real)) return;
        seen.add(real);
        const name = id.slice(id.lastIndexOf('/') + 1);
        const place = { id, name, path: join(settings.path, id) };
        yield { type: 'document', document: { ...place, bytes: size, modifiedAt: Math.trunc(mtimeMs), version: '', metadata: {} } };
      }
      async function* looking<T>(id: string, look: () => Promise<T>): AsyncGenerator<SourceFinding, T | undefined> {
        try {
          return await look();
        } catch (error) {
          signal.throwIfAborted();
          // Gone since it was listed, or a link to nowhere: there is no such document.
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
          const path = join(settings.path, id);
          yield {
            type: 'problem',
            problem: { id, path, isFolder: false, error: error instanceof AppError ? error : unreadable(path, error) },
          };
          return undefined;
        }
      }

      yield* walk({ id: '', real: root });
      // After all real places, so that these give the names; links found behind a link come last.
      for (const link of links) yield* follow(link);
    },

    async read(document) {
      if (document.bytes > settings.maxFileBytes) throw tooLarge(document, document.bytes, settings.maxFileBytes);
      try {
        // Looked at again: it may have become a link since it was listed.
        const real = await realpath(document.path);
        if (!isInside(await realpath(settings.path), real)) throw leadsOutside(document.path);
        return { bytes: await readWhole(real, document, settings.maxFileBytes) };
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw unreadable(document.path, error);
      }
    },
  };
}

/** Reads to the end, but never more than `maxBytes`: the file may have grown since it was listed. */
async function readWhole(real: string, document: SourceDocument, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(real, 'r');
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw tooLarge(document, size, maxBytes);
    // Its own memory, not a slice of Node's pool: the buffer is going to be transferred to a thread.
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(bytes, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length === size ? bytes : bytes.slice(0, length);
  } finally {
    await file.close();
  }
}

function isInside(root: string, path: string): boolean {
  const below = relative(root, path);
  return below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
}

function leadsOutside(path: string): AppError {
  return new AppError('DOCUMENT_OUTSIDE_SOURCE', {
    message: `'${path}' is a link that leads out of the source's folder; copy the file there, or give its folder a document store`,
  });
}

function tooLarge(document: SourceDocument, bytes: number, maxBytes: number): AppError {
  return new AppError('DOCUMENT_TOO_LARGE', { message: `'${document.path}' has ${bytes} bytes, source.max_file_size allows ${maxBytes}` });
}

function unreadable(path: string, cause: unknown): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `'${path}' cannot be read (${describeError(cause)}); check that it exists and that this user may read it`,
    cause,
  });
}
