/**
 * Documents in a folder and below it (RAG-01).
 *
 * 1. What is read lies in the folder: a link that leads out of it is a problem, not a document.
 * 2. A file is one document, whatever links to it; a link gives a name only to what has none of its own because its
 *    place is excluded (as in mounted ConfigMaps, whose files link into a hidden folder).
 * 3. What a walk holds grows with the depth of the folder and with what only links lead to, not with its files.
 */
import { lstat, open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.js';
import { AppError, describeError } from '../../base/errors.js';
import type { DirectorySourceSettings } from '../../config/settings.js';
import type { DocumentSource, SourceDocument, SourceFinding } from './document-source.js';
import { createGlobMatcher } from './glob.js';
import { listFolder } from './list-folder.js';
import { tooLarge } from './source-errors.js';
import { watchFolders } from './watch-folders.js';

/** A place below the source: its name there, and where it really is. */
interface Place {
  readonly id: string;
  readonly real: string;
  /** Only a link leads here. */
  readonly isLinked?: true;
}

export function createDirectorySource(settings: DirectorySourceSettings, clock: Clock = systemClock): DocumentSource {
  const included = createGlobMatcher(settings.include);
  const excluded = createGlobMatcher(settings.exclude);
  const isWanted = (id: string) => settings.include.length === 0 || included.matches(id);
  return {
    async *scan(signal) {
      signal.throwIfAborted();
      const root = await realpath(settings.path).catch((error: unknown) => {
        throw unreadable(settings.path, error);
      });
      const links: Place[] = [];
      let hasMoreLinks = false;
      const linked = new Set<string>();
      /** Two links may lead to one place. */
      const isFirst = ({ real, isLinked }: Place) => isLinked === undefined || (!linked.has(real) && linked.add(real) === linked);

      /** It is found where it really is; what links to it says nothing new (2). */
      const hasOwnName = (real: string, isFile: boolean) => {
        const id = relative(root, real).split(sep).join('/');
        const parts = id.split('/');
        const isHidden = id !== '' && parts.some((_, index) => excluded.matches(parts.slice(0, index + 1).join('/')));
        return !isHidden && (!isFile || isWanted(id));
      };

      async function* walk(folder: Place): AsyncGenerator<SourceFinding> {
        if (!isFirst(folder)) return;
        try {
          for await (const entries of listFolder(folder.real)) {
            signal.throwIfAborted();
            const visible = entries.map((name) => ({ name, id: folder.id === '' ? name : `${folder.id}/${name}` }));
            const places = visible
              .filter(({ id }) => !excluded.matches(id))
              .map(({ name, id }) => ({ ...folder, id, real: join(folder.real, name) }));
            for (let at = 0; at < places.length; at += LOOKS_AT_ONCE) yield* visit(places.slice(at, at + LOOKS_AT_ONCE));
          }
        } catch (error) {
          signal.throwIfAborted();
          if (folder.id === '') throw unreadable(settings.path, error);
          const path = join(settings.path, folder.id);
          yield { type: 'problem', problem: { id: folder.id, path, isFolder: true, error: unreadable(path, error) } };
        }
      }
      async function* visit(places: readonly Place[]): AsyncGenerator<SourceFinding> {
        const looks = await Promise.all(places.map((place) => look(place.id, () => lstat(place.real))));
        signal.throwIfAborted();
        for (const [index, { found, problem }] of looks.entries()) {
          const place = places[index] as Place;
          if (problem !== undefined) yield problem;
          else if (found?.isSymbolicLink()) {
            if (links.length < MAX_LINKS) links.push(place);
            else hasMoreLinks = true;
          } else if (found?.isDirectory()) yield* walk(place);
          else if (found?.isFile()) yield* add(place, found);
        }
      }
      async function* follow({ id, real: link }: Place): AsyncGenerator<SourceFinding> {
        const { found: target, problem } = await look(id, async () => {
          const real = await realpath(link);
          const found = await stat(real);
          if (!found.isDirectory() && !isWanted(id)) return undefined;
          if (!isInside(root, real)) throw leadsOutside(join(settings.path, id));
          return { real, found };
        });
        if (problem !== undefined) yield problem;
        if (target === undefined || hasOwnName(target.real, target.found.isFile())) return;
        const place = { id, real: target.real, isLinked: true } as const;
        if (target.found.isDirectory()) yield* walk(place);
        else if (target.found.isFile()) yield* add(place, target.found);
      }
      function* add(found: Place, { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number }): Generator<SourceFinding> {
        const { id } = found;
        if (!isWanted(id) || !isFirst(found)) return;
        const name = id.slice(id.lastIndexOf('/') + 1);
        const place = { id, name, path: join(settings.path, id) };
        yield { type: 'document', document: { ...place, bytes: size, modifiedAt: Math.trunc(mtimeMs), version: '', metadata: {} } };
      }
      async function look<T>(id: string, ask: () => Promise<T>): Promise<{ readonly found?: T; readonly problem?: SourceFinding }> {
        try {
          return { found: await ask() };
        } catch (error) {
          const path = join(settings.path, id);
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
            // Gone since it was listed, or a link to nowhere: there is no such document.
            if (!id.slice(id.lastIndexOf('/') + 1).includes('\ufffd')) return {};
            return { problem: { type: 'problem', problem: { id, path, isFolder: false, error: unnameable(path) } } };
          }
          const shown = error instanceof AppError ? error : unreadable(path, error);
          return { problem: { type: 'problem', problem: { id, path, isFolder: false, error: shown } } };
        }
      }

      yield* walk({ id: '', real: root });
      // After all real places; links found behind a link come last.
      for (const link of links) yield* follow(link);
      if (hasMoreLinks)
        yield { type: 'problem', problem: { id: '', path: settings.path, isFolder: true, error: tooManyLinks(settings.path) } };
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

    async watch(onChange, signal) {
      try {
        await watchFolders({ root: settings.path, isExcluded: (id) => excluded.matches(id), isWanted, clock }, onChange, signal);
      } catch (error) {
        throw unreadable(settings.path, error);
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

/** What it is called is no text: there is no way to ask for it, nor to tell it from others. */
function unnameable(path: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `The name of '${path}' is not UTF-8, so neither a file of that name nor what is below such a folder can be read; rename it (convmv does whole folders)`,
  });
}

function tooManyLinks(path: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `'${path}' has more than ${MAX_LINKS} links; the others are not followed, so nothing is taken as deleted`,
  });
}

function unreadable(path: string, cause: unknown): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `'${path}' cannot be read (${describeError(cause)}); check that it exists and that this user may read it`,
    cause,
  });
}

const LOOKS_AT_ONCE = 64;
const MAX_LINKS = 100_000;
