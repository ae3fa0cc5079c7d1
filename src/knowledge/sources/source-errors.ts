/** What sources say in the same words. */
import { AppError, describeError } from '../../base/errors.js';
import type { SourceFinding } from './document-source.js';

export function tooLarge({ path }: { readonly path: string }, bytes: number, maxBytes: number): AppError {
  return new AppError('DOCUMENT_TOO_LARGE', { message: `'${path}' has ${bytes} bytes, source.max_file_size allows ${maxBytes}` });
}

/** One document, or what should be one. */
export function documentProblem(id: string, path: string, error: Error): SourceFinding {
  return { type: 'problem', problem: { id, path, isFolder: false, error } };
}

/** What lies behind is unknown: nothing of the source may be taken as deleted. */
export function unknownRest(path: string, error: Error): SourceFinding {
  return { type: 'problem', problem: { id: '', path, isFolder: true, error } };
}

export function sourceUnreadable(what: string, cause: unknown, cure: string): AppError {
  return new AppError('DOCUMENT_SOURCE_UNREADABLE', { message: `${what} cannot be read (${describeError(cause)}); ${cure}`, cause });
}
