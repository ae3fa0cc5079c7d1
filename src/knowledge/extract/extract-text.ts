/** Chooses the extractor by the name's extension. A file it cannot read is an error, never content (RAG-15). */
import { posix } from 'node:path';
import { AppError } from '../../base/errors.js';
import { decodeText } from './decode-text.js';
import type { ExtractedText } from './extracted-text.js';
import { extractHtml } from './html.js';
import { extractMarkdown } from './markdown.js';

export function extractText(name: string, content: Uint8Array): ExtractedText {
  const extension = posix.extname(name).toLowerCase();
  if (UNSUPPORTED.has(extension)) {
    throw new AppError('DOCUMENT_UNSUPPORTED', {
      message: `'${name}': no extractor reads ${extension} files; exclude them in source.exclude or convert them to text`,
    });
  }
  const text = decodeText(name, content, HTML.has(extension) ? declaredCharset(content) : undefined);
  if (MARKDOWN.has(extension)) return extractMarkdown(text);
  if (HTML.has(extension)) return extractHtml(text);
  return { text, title: '' };
}

/** The character set an HTML file names for itself, in its first kilobyte. */
function declaredCharset(content: Uint8Array): string | undefined {
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, 1024)).toString('latin1');
  return /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1];
}

const MARKDOWN: ReadonlySet<string> = new Set(['.md', '.markdown', '.mdx', '.mkd']);
const HTML: ReadonlySet<string> = new Set(['.html', '.htm', '.xhtml']);
const UNSUPPORTED: ReadonlySet<string> = new Set(['.pdf', '.docx', '.xlsx', '.pptx', '.doc', '.xls', '.ppt', '.odt']);
