/**
 * Bytes of a document → text, by the extractor of its format (priority 5), then as plain text (1) where the format is text (RAG-10).
 * A document that nothing reads is an error, never content (RAG-15, W-78).
 */
import { posix } from 'node:path';
import { AppError, describeError, toAppError } from '../../base/errors.js';
import { decodeText } from './decode-text.js';
import type { ExtractedText } from './extracted-text.js';
import type { Extractor } from './extractor.js';
import { findByExtension, findExtractor, plainTextExtractor, refuseUnsupported } from './extractors.js';
import { extractMarkdown } from './markdown.js';
import { readArchive } from './read-archive.js';
import { sniffFormat } from './sniff-format.js';

export interface ExtractOptions {
  readonly mediaType?: string | undefined;
  /** `native`: not as plain text; `text`: as nothing else. Default: one after the other. */
  readonly by?: ExtractBy | undefined;
}

export type ExtractBy = 'native' | 'text';

export async function extractText(name: string, content: Uint8Array, { mediaType, by }: ExtractOptions = {}): Promise<ExtractedText> {
  const { type, charset } = readMediaType(mediaType);
  const extension = posix.extname(name).toLowerCase();
  const input = { name, extension, content, charset };
  const extractor = await chooseExtractor(name, extension, type, content);
  if (by === 'text') {
    if (extractor?.isBinary === true) refuseUnsupported(name, `${extractor.format} as plain text`);
    return await plainTextExtractor.extract(input);
  }
  if (extractor === undefined) return await plainTextExtractor.extract(input);
  try {
    return await extractor.extract(input);
  } catch (error) {
    const failure = toReadable(error, name, extractor.format);
    if (by === 'native' || extractor.isBinary || FINAL.has(failure.code)) throw failure;
    return await plainTextExtractor.extract(input);
  }
}

/** What a parser outside made of a document: Markdown, which plain text is, too. */
export function extractParsed(name: string, text: string): ExtractedText {
  return extractMarkdown(decodeText(name, Buffer.from(text), 'utf-8'));
}

/** What the first bytes say goes before what anybody says about them: a PDF called `.txt` is a PDF. */
async function chooseExtractor(name: string, extension: string, mediaType: string, content: Uint8Array): Promise<Extractor | undefined> {
  const named = findExtractor(extension, mediaType);
  switch (sniffFormat(content)) {
    case undefined:
      break;
    case 'pdf':
      return findByExtension('.pdf');
    case 'zip':
      return (await findOfficeFormat(name, content)) ?? refuseUnsupported(name, 'archives');
    case 'ole':
      return refuseUnsupported(name, 'Office files of before 2007, nor ones protected by a password');
    default:
      return refuseUnsupported(name, `${sniffFormat(content)} files`);
  }
  if (named?.isBinary === true)
    throw new AppError('DOCUMENT_UNREADABLE', {
      message: `'${name}' is no ${named.format.toUpperCase()} file, or damaged; give it the extension of what it is, or exclude it in source.exclude`,
    });
  if (UNSUPPORTED.has(extension)) refuseUnsupported(name, `${extension} files`);
  return named;
}

async function findOfficeFormat(name: string, content: Uint8Array): Promise<Extractor | undefined> {
  const { names } = await readArchive(name, content);
  const main = [...OFFICE].find(([part]) => names.has(part));
  return main === undefined ? undefined : findByExtension(main[1]);
}

/** Whatever a library throws is the document's fault here, but for ours. */
function toReadable(error: unknown, name: string, format: string): AppError {
  if (error instanceof AppError) return toAppError(error);
  return new AppError('DOCUMENT_UNREADABLE', { message: `'${name}' cannot be read as ${format}: ${describeError(error)}`, cause: error });
}

/** `text/plain` and `application/octet-stream` are what servers say that do not know. */
function readMediaType(mediaType = ''): { readonly type: string; readonly charset: string | undefined } {
  const [type = ''] = mediaType.toLowerCase().split(';');
  return { type: type.trim(), charset: /;\s*charset\s*=\s*"?([\w-]+)/i.exec(mediaType.slice(0, 500))?.[1] };
}

/** Plain text would be no better. */
const FINAL: ReadonlySet<string> = new Set(['DOCUMENT_NOT_TEXT', 'DOCUMENT_TOO_LARGE']);
const OFFICE: ReadonlyMap<string, string> = new Map([
  ['word/document.xml', '.docx'],
  ['xl/workbook.xml', '.xlsx'],
  ['ppt/presentation.xml', '.pptx'],
]);
const UNSUPPORTED: ReadonlySet<string> = new Set([
  '.doc',
  '.xls',
  '.ppt',
  '.odt',
  '.ods',
  '.odp',
  '.rtf',
  '.epub',
  '.pages',
  '.key',
  '.numbers',
]);
