/** What a file part is to the model; both wire forms are written from it. */
import { AppError } from '../../../../base/errors.js';
import type { SessionPart } from '../../../../tasks/session-message.js';

export type FileContent =
  | { readonly type: 'image' /** Address or data URL. */; readonly url: string }
  | { readonly type: 'document'; readonly filename: string; readonly dataUrl?: string; readonly url?: string }
  | { readonly type: 'text'; readonly text: string };

/** LLM-12 */
const MAX_IMAGE_BYTES = 20 * 1024 * 1024;

export function describeFile(part: Extract<SessionPart, { type: 'file' }>): FileContent {
  const filename = part.filename ?? 'file';
  const mediaType = part.mediaType ?? guessMediaType(part.filename ?? part.url ?? '');
  if (mediaType.startsWith('image/')) return { type: 'image', url: part.url ?? imageDataUrl(part.raw ?? '', mediaType, filename) };
  if (mediaType === 'application/pdf') {
    return {
      type: 'document',
      filename,
      ...(part.url === undefined ? { dataUrl: `data:${mediaType};base64,${part.raw ?? ''}` } : { url: part.url }),
    };
  }
  if (part.raw !== undefined && (mediaType.startsWith('text/') || mediaType === 'application/json')) {
    return { type: 'text', text: `File ${filename}:\n${Buffer.from(part.raw, 'base64').toString('utf8')}` };
  }
  return {
    type: 'text',
    text: `[attached file ${filename} (${mediaType})${part.url === undefined ? '' : ` at ${part.url}`}, not readable here]`,
  };
}

function imageDataUrl(raw: string, mediaType: string, filename: string): string {
  const bytes = Math.floor((raw.length * 3) / 4);
  if (bytes > MAX_IMAGE_BYTES) {
    throw new AppError('LLM_REJECTED', { message: `The image ${filename} has ${bytes} bytes; OpenAI takes at most ${MAX_IMAGE_BYTES}` });
  }
  return `data:${mediaType};base64,${raw}`;
}

function guessMediaType(name: string): string {
  const extension = /\.(\w+)(?:[?#].*)?$/.exec(name)?.[1]?.toLowerCase() ?? '';
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
