/** The parts of a zipped document, unpacked when they are asked for and within limits. */
import { AppError, describeError } from '../../base/errors.js';
import { MAX_UNPACKED_BYTES } from './extraction-limits.js';

export interface Archive {
  readonly names: ReadonlySet<string>;
  /** `undefined` = there is no such part. */
  find(name: string): Uint8Array | undefined;
  /** @throws AppError `DOCUMENT_UNREADABLE` */
  get(name: string): Uint8Array;
}

/**
 * @param name of the document, for messages.
 * @throws AppError `DOCUMENT_UNREADABLE` for what is no archive; `DOCUMENT_TOO_LARGE` when its parts unpack to too much: a part never
 * unpacks to more than its entry says.
 */
export async function readArchive(name: string, content: Uint8Array): Promise<Archive> {
  const { unzipSync } = await import('fflate');
  const sizes = new Map<string, number>();
  const unpack = (wanted: (part: string) => boolean): Readonly<Record<string, Uint8Array>> => {
    try {
      return unzipSync(content, {
        filter: ({ name: part, originalSize }) => {
          sizes.set(part, originalSize);
          return wanted(part);
        },
      });
    } catch (error) {
      throw new AppError('DOCUMENT_UNREADABLE', { message: `'${name}' is a damaged archive: ${describeError(error)}`, cause: error });
    }
  };
  unpack(() => false);
  if (sizes.size > MAX_PARTS)
    throw new AppError('DOCUMENT_TOO_LARGE', { message: `'${name}' is an archive of ${sizes.size} parts; at most ${MAX_PARTS} are read` });
  let total = 0;
  const unpacked = new Map<string, Uint8Array>();
  const find = (part: string): Uint8Array | undefined => {
    const known = unpacked.get(part);
    if (known !== undefined) return known;
    const size = sizes.get(part);
    if (size === undefined) return undefined;
    total += size;
    if (total > MAX_UNPACKED_BYTES)
      throw new AppError('DOCUMENT_TOO_LARGE', {
        message: `'${name}' unpacks to more than ${MAX_UNPACKED_BYTES / 1024 / 1024} MiB; split it or exclude it in source.exclude`,
      });
    const found = unpack((candidate) => candidate === part)[part];
    if (found !== undefined) unpacked.set(part, found);
    return found;
  };
  return {
    names: new Set(sizes.keys()),
    find,
    get(part) {
      const found = find(part);
      if (found === undefined) throw new AppError('DOCUMENT_UNREADABLE', { message: `'${name}' is damaged: it has no part '${part}'` });
      return found;
    },
  };
}

const MAX_PARTS = 20_000;
