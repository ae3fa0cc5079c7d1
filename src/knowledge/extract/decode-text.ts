/** Bytes → well-formed text without NUL. */
import { AppError } from '../../base/errors.js';
import { decodeWestern } from './decode-western.js';

/**
 * @param charset what the document says about itself; a byte-order mark wins over it, unknown names are ignored.
 * @throws AppError `DOCUMENT_NOT_TEXT` for binary content and for text that is mostly invalid (RAG-14).
 */
export function decodeText(name: string, content: Uint8Array, charset?: string): string {
  const marked = markedEncoding(content) ?? unmarkedUtf16(content);
  if (marked === undefined && content.subarray(0, SNIFF_BYTES).includes(0)) {
    throw new AppError('DOCUMENT_NOT_TEXT', { message: `'${name}' is binary, not text; exclude it in source.exclude` });
  }
  const text = marked === undefined ? decodeUnmarked(content, charset) : new TextDecoder(marked).decode(content);
  const invalid = countInvalid(text);
  if (invalid * 2 > text.length) {
    const percent = Math.round((invalid / text.length) * 100);
    throw new AppError('DOCUMENT_NOT_TEXT', {
      message: `'${name}' is not readable text: ${percent} % of it is invalid; save it as UTF-8 or exclude it in source.exclude`,
    });
  }
  // Databases refuse NUL in text; one kind of line end, so that line numbers agree.
  return text.replaceAll('\u0000', ' ').replace(/\r\n?/g, '\n');
}

function markedEncoding(content: Uint8Array): string | undefined {
  if (content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf) return 'utf-8';
  if (content[0] === 0xff && content[1] === 0xfe) return 'utf-16le';
  if (content[0] === 0xfe && content[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** UTF-16 without a mark: mostly Latin text has a NUL in (nearly) every second byte and none in the others. */
function unmarkedUtf16(content: Uint8Array): string | undefined {
  const sample = content.subarray(0, Math.min(SNIFF_BYTES, content.length - (content.length % 2)));
  if (sample.length < 4) return undefined;
  const zeros = [0, 0];
  for (let at = 0; at < sample.length; at++) if (sample[at] === 0) zeros[at % 2] = (zeros[at % 2] as number) + 1;
  const [even, odd] = zeros as [number, number];
  const most = sample.length * 0.35;
  if (odd > most && even === 0) return 'utf-16le';
  if (even > most && odd === 0) return 'utf-16be';
  return undefined;
}

function decodeUnmarked(content: Uint8Array, charset: string | undefined): string {
  const encoding = knownEncoding(charset) ?? 'utf-8';
  if (encoding === 'windows-1252') return decodeWestern(content);
  const text = new TextDecoder(encoding).decode(content);
  return encoding === 'utf-8' && !isUtf8(text) && looksWestern(content) ? decodeWestern(content) : text;
}

/** `text` came out of a UTF-8 decoder: where more signs were read than lost, it is UTF-8 with some damage. */
function isUtf8(text: string): boolean {
  let read = 0;
  let lost = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd) lost += 1;
    else if (code > 127) read += 1;
  }
  return lost === 0 || read > lost;
}

/** Letters and signs of windows-1252 between mostly plain ones, as in any language that is written with it. */
function looksWestern(content: Uint8Array): boolean {
  let high = 0;
  let unused = 0;
  for (const byte of content) {
    if (byte > 127) high += 1;
    if (UNUSED_IN_WESTERN.has(byte) || (byte < 32 && !(byte >= 9 && byte <= 13))) unused += 1;
  }
  return high <= content.length * MAX_HIGH_SHARE && unused <= content.length * MAX_UNUSED_SHARE;
}

function knownEncoding(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    // An unknown label says nothing; UTF-8 is tried and the share of invalid text decides.
    return undefined;
  }
}

/** Replacement characters and control characters that no text uses. */
function countInvalid(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd || code < 9 || (code > 13 && code < 32 && code !== 27)) count += 1;
  }
  return count;
}

const UNUSED_IN_WESTERN: ReadonlySet<number> = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
/** Other alphabets in one byte per letter (windows-1251, ISO 8859-7) have far more, and cannot be told apart. */
const MAX_HIGH_SHARE = 0.3;
const MAX_UNUSED_SHARE = 0.01;
/** Bytes looked at to tell text from binary. */
const SNIFF_BYTES = 65_536;
