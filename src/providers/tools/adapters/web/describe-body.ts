/** The body of an answer as a model may have it: text, a file it can read, or words about what it is. */
import type { FilePart } from '../../../../tasks/session-message.js';
import { removeInvisible } from '../../../llms/context-block.js';
import { decodeBody, isTextType, looksLikeText, mediaTypeOf } from './decode-body.js';
import type { WebAnswer } from './exchange.js';

export interface DescribedBody {
  readonly text: string;
  readonly file?: FilePart;
}

export function describeBody({ body, headers, url, isCut }: WebAnswer): DescribedBody {
  if (body.length === 0) return { text: '(no body)' };
  const contentType = headers['content-type'] ?? '';
  const mediaType = mediaTypeOf(contentType);
  if (READABLE_FILES.has(mediaType)) {
    const label = `${mediaType}, ${body.length} bytes`;
    if (isCut || body.length > MAX_FILE_BYTES) return { text: `[${label}: too large to be read; at most ${MAX_FILE_BYTES} bytes]` };
    return { text: `[${label}: see the file]`, file: { type: 'file', raw: body.toString('base64'), mediaType, ...filenameOf(url) } };
  }
  if (!isTextType(mediaType) && !looksLikeText(body))
    return { text: `[${mediaType === '' ? 'binary content' : mediaType}, ${isCut ? 'more than ' : ''}${body.length} bytes: not text]` };
  const cut = isCut ? `\n\n[cut after ${body.length} bytes]` : '';
  return { text: removeInvisible(decodeBody(body, contentType).text) + cut };
}

function filenameOf(url: URL): Pick<FilePart, 'filename'> {
  const name = url.pathname.split('/').at(-1) ?? '';
  return /^[\w.-]{1,100}$/.test(name) ? { filename: name } : {};
}

/** What models of several providers read. */
const READABLE_FILES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf']);
const MAX_FILE_BYTES = 4 * 1024 * 1024;
