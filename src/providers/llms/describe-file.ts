/** What a file part is to a model; every wire form is written from it. */
import { AppError } from '../../base/errors.js';
import type { FilePart } from '../../tasks/session-message.js';

export type FileContent =
  | { readonly type: 'image' | 'pdf'; readonly mediaType: string; readonly filename: string; readonly source: FileSource }
  /** Read already, or words about a file that the model cannot read. */
  | { readonly type: 'text'; readonly text: string };

export type FileSource = { readonly url: string } | { readonly base64: string };

/** LLM-12: the largest image that any provider takes. */
const MAX_IMAGE_BYTES = 20 * 1024 * 1024;

export function describeFile(part: FilePart): FileContent {
  const filename = part.filename ?? 'file';
  const mediaType = part.mediaType ?? guessMediaType(part.filename ?? part.url ?? '');
  const source: FileSource = part.url === undefined ? { base64: part.raw ?? '' } : { url: part.url };
  if (mediaType.startsWith('image/')) {
    if ('base64' in source) checkImageSize(source.base64, filename);
    return { type: 'image', mediaType, filename, source };
  }
  if (mediaType === 'application/pdf') return { type: 'pdf', mediaType, filename, source };
  if (part.raw !== undefined && (mediaType.startsWith('text/') || mediaType === 'application/json')) {
    return { type: 'text', text: `File ${filename}:\n${Buffer.from(part.raw, 'base64').toString('utf8')}` };
  }
  return { type: 'text', text: describeUnreadable(filename, mediaType, source) };
}

/** Words in the place of a file that a provider does not take. */
export function describeUnreadable(filename: string, mediaType: string, source: FileSource): string {
  return `[attached file ${filename} (${mediaType})${'url' in source ? ` at ${source.url}` : ''}, not readable here]`;
}

export function toDataUrl(mediaType: string, source: FileSource): string {
  return 'url' in source ? source.url : `data:${mediaType};base64,${source.base64}`;
}

function checkImageSize(base64: string, filename: string): void {
  const bytes = Math.floor((base64.length * 3) / 4);
  if (bytes > MAX_IMAGE_BYTES) {
    throw new AppError('LLM_REJECTED', { message: `The image ${filename} has ${bytes} bytes; models take at most ${MAX_IMAGE_BYTES}` });
  }
}

/** By the end of a file's name, or of its address. */
export function guessMediaType(name: string): string {
  const extension = /\.(\w+)(?:[?#].*)?$/s.exec(name)?.[1]?.toLowerCase() ?? '';
  return MEDIA_TYPES[extension] ?? 'application/octet-stream';
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  json: 'application/json',
};
