/** Documents in a folder and below it (RAG-01). */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, describeError } from '../../base/errors.js';
import type { DirectorySourceSettings } from '../../config/settings.js';
import type { DocumentSource, SourceDocument, SourceProblem } from './document-source.js';
import { createGlobMatcher } from './glob.js';

export function createDirectorySource(settings: DirectorySourceSettings): DocumentSource {
  const included = createGlobMatcher(settings.include);
  const excluded = createGlobMatcher(settings.exclude);
  return {
    async scan(signal) {
      const documents: SourceDocument[] = [];
      const problems: SourceProblem[] = [];
      // Real paths of the folders above: a link back to one of them is a loop.
      const walk = async (relative: string, above: readonly string[]): Promise<void> => {
        signal.throwIfAborted();
        const folder = join(settings.path, relative);
        let names: string[];
        let real: string;
        try {
          real = await realpath(folder);
          if (above.includes(real)) return;
          names = await readdir(folder);
        } catch (error) {
          if (relative === '') throw unreadable(settings.path, error);
          problems.push({ id: relative, path: folder, isFolder: true, error: unreadable(folder, error) });
          return;
        }
        for (const name of names.sort()) {
          const id = relative === '' ? name : `${relative}/${name}`;
          if (excluded.matches(id)) continue;
          const path = join(settings.path, id);
          try {
            const found = await stat(path);
            if (found.isDirectory()) await walk(id, [...above, real]);
            else if (found.isFile() && (settings.include.length === 0 || included.matches(id))) {
              documents.push({ id, name, path, bytes: found.size, modifiedAt: Math.trunc(found.mtimeMs) });
            }
          } catch (error) {
            signal.throwIfAborted();
            // Gone since it was listed, or a link to nowhere: there is no such document.
            if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
            problems.push({ id, path, isFolder: false, error: unreadable(path, error) });
          }
        }
      };
      await walk('', []);
      return { documents, problems };
    },

    async read(document) {
      if (document.bytes > settings.maxFileBytes) throw tooLarge(document, document.bytes, settings.maxFileBytes);
      try {
        return await readWhole(document, settings.maxFileBytes);
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw unreadable(document.path, error);
      }
    },
  };
}

/** Reads to the end, but never more than `maxBytes`: the file may have grown since it was listed. */
async function readWhole(document: SourceDocument, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(document.path, 'r');
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

function tooLarge(document: SourceDocument, bytes: number, maxBytes: number): AppError {
  return new AppError('DOCUMENT_TOO_LARGE', { message: `'${document.path}' has ${bytes} bytes, source.max_file_size allows ${maxBytes}` });
}

function unreadable(path: string, cause: unknown): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', {
    message: `'${path}' cannot be read (${describeError(cause)}); check that it exists and that this user may read it`,
    cause,
  });
}
