/** PDF: the text of each page behind a marker (RAG-11), with the sections that its bookmarks name. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AppError, describeError } from '../../base/errors.js';
import type { ExtractedText } from './extracted-text.js';
import type { Extractor } from './extractor.js';
import { withLimitedBuffers } from './limit-buffers.js';
import { LineWriter } from './line-writer.js';
import { type Bookmark, readBookmarks } from './pdf-bookmarks.js';
import { joinPageText } from './pdf-page-text.js';

export const pdfExtractor: Extractor = {
  format: 'pdf',
  extensions: ['.pdf'],
  mediaTypes: ['application/pdf', 'application/x-pdf'],
  isBinary: true,
  extract: ({ name, content }) => withLimitedBuffers(MAX_STREAM_BYTES, () => extractPdf(name, content)),
};

async function extractPdf(name: string, content: Uint8Array): Promise<ExtractedText> {
  const { getDocument, VerbosityLevel } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  const files = (name: string) => `${pathToFileURL(join(folder, name)).href.replace(/^file:\/\//, '')}/`;
  const loading = getDocument({
    // It takes the buffer for itself.
    data: content.slice(),
    verbosity: VerbosityLevel.ERRORS,
    isEvalSupported: false,
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    maxImageSize: 1,
    cMapUrl: files('cmaps'),
    cMapPacked: true,
    standardFontDataUrl: files('standard_fonts'),
    stopAtErrors: false,
  });
  try {
    const pdf = await loading.promise;
    const writer = new LineWriter(name);
    const bookmarks = await readBookmarks(pdf);
    let hasText = false;
    for (let number = 1; number <= pdf.numPages; number++) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      const text = joinPageText(items);
      page.cleanup();
      writer.page(number, `--- Page ${number} ---`);
      for (const { level, title } of bookmarks.get(number) ?? ([] as readonly Bookmark[])) writer.heading(level, title);
      if (text === '') continue;
      hasText = true;
      writer.line(text);
    }
    if (!hasText)
      throw new AppError('DOCUMENT_NOT_TEXT', {
        message: `'${name}' holds no text: its ${pdf.numPages === 1 ? 'page is an image' : `${pdf.numPages} pages are images`} or empty; a parser that reads images (mcp_parsers) can help`,
      });
    return writer.finish(await readPdfTitle(pdf));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('DOCUMENT_UNREADABLE', { message: `'${name}': ${explain(error)}`, cause: error });
  } finally {
    await loading.destroy();
  }
}

async function readPdfTitle(pdf: { getMetadata(): Promise<{ readonly info: object }> }): Promise<string> {
  const { info } = await pdf.getMetadata();
  const title: unknown = 'Title' in info ? info.Title : '';
  return typeof title === 'string' ? title.replace(/\s+/g, ' ').trim() : '';
}

function explain(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException') return 'it is protected by a password; save it without one';
  return `it is damaged or no PDF: ${describeError(error)}`;
}

/** Of one stream, unpacked. */
const MAX_STREAM_BYTES = 128 * 1024 * 1024;
