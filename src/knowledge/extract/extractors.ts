/** Every extractor, by format. A format is chosen by the first bytes, else the media type, else the extension. */
import { AppError } from '../../base/errors.js';
import { extractCode } from './code.js';
import { CODE_EXTENSIONS } from './code-languages.js';
import { extractCsv } from './csv.js';
import { decodeText } from './decode-text.js';
import { docxExtractor } from './docx.js';
import type { ExtractedText } from './extracted-text.js';
import type { ExtractInput, Extractor } from './extractor.js';
import { extractHtml } from './html.js';
import { extractJson, extractJsonLines } from './json.js';
import { extractMarkdown } from './markdown.js';
import { pdfExtractor } from './pdf.js';
import { pptxExtractor } from './pptx.js';
import { xlsxExtractor } from './xlsx.js';
import { extractXml } from './xml.js';

interface TextFormat {
  readonly format: string;
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
  /** How the document itself names its character set, in its first kilobyte. */
  readonly declared?: RegExp;
  read(text: string, input: ExtractInput): ExtractedText | Promise<ExtractedText>;
}

const fromText = ({ format, extensions, mediaTypes, declared, read }: TextFormat): Extractor => ({
  format,
  extensions,
  mediaTypes,
  isBinary: false,
  extract: (input) => read(decodeText(input.name, input.content, findCharset(input, declared)), input),
});

/** The last resort: any text as it is. */
export const plainTextExtractor: Extractor = fromText({
  format: 'text',
  extensions: ['.txt', '.rst', '.adoc', '.log', '.yaml', '.yml', '.toml', '.ini', '.tex', '.srt', '.vtt'],
  mediaTypes: ['application/yaml', 'application/x-yaml', 'application/toml'],
  read: (text) => ({ text, title: '' }),
});

export const EXTRACTORS: readonly Extractor[] = [
  pdfExtractor,
  docxExtractor,
  xlsxExtractor,
  pptxExtractor,
  fromText({
    format: 'markdown',
    extensions: ['.md', '.markdown', '.mdx', '.mkd'],
    mediaTypes: ['text/markdown', 'text/x-markdown'],
    read: extractMarkdown,
  }),
  fromText({
    format: 'html',
    extensions: ['.html', '.htm', '.xhtml'],
    mediaTypes: ['text/html', 'application/xhtml+xml'],
    declared: /<meta[^>]{1,500}charset\s{0,20}=\s{0,20}["']?([\w-]+)/i,
    read: extractHtml,
  }),
  fromText({
    format: 'csv',
    extensions: ['.csv', '.tsv'],
    mediaTypes: ['text/csv', 'text/tab-separated-values'],
    read: (text, { name, extension }) => extractCsv(name, text, extension),
  }),
  fromText({
    format: 'json',
    extensions: ['.json', '.geojson', '.ipynb'],
    mediaTypes: ['application/json', 'application/ld+json'],
    read: (text, { name }) => extractJson(name, text),
  }),
  fromText({
    format: 'jsonl',
    extensions: ['.jsonl', '.ndjson'],
    mediaTypes: ['application/jsonl', 'application/x-ndjson'],
    read: (text, { name }) => extractJsonLines(name, text),
  }),
  fromText({
    format: 'xml',
    extensions: ['.xml', '.rss', '.atom', '.svg', '.xsd'],
    mediaTypes: ['application/xml', 'text/xml', 'application/rss+xml', 'application/atom+xml'],
    declared: /^\s*<\?xml[^>]{1,200}encoding\s{0,20}=\s{0,20}["']([\w-]+)/i,
    read: (text, { name }) => extractXml(name, text),
  }),
  fromText({ format: 'code', extensions: CODE_EXTENSIONS, mediaTypes: [], read: (text, { extension }) => extractCode(text, extension) }),
  plainTextExtractor,
];

/** `undefined` = nothing says what it is; it may still be text. */
export function findExtractor(extension: string, mediaType: string | undefined): Extractor | undefined {
  return EXTRACTORS.find(({ mediaTypes }) => mediaType !== undefined && mediaTypes.includes(mediaType)) ?? findByExtension(extension);
}

export function findByExtension(extension: string): Extractor | undefined {
  return EXTRACTORS.find(({ extensions }) => extensions.includes(extension));
}

function findCharset({ content, charset }: ExtractInput, declared: RegExp | undefined): string | undefined {
  if (charset !== undefined || declared === undefined) return charset;
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, 1024)).toString('latin1');
  return declared.exec(head)?.[1];
}

/** Formats whose name or first bytes are known, and that nothing here reads. */
export function refuseUnsupported(name: string, what: string): never {
  throw new AppError('DOCUMENT_UNSUPPORTED', {
    message: `'${name}': no extractor reads ${what}; exclude it in source.exclude, convert it, or name a parser in mcp_parsers`,
  });
}
