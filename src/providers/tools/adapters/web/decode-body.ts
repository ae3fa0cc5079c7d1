/** Bytes of an answer → text, by their mark, the header, what the document says of itself, or UTF-8 when it is valid. */

export interface DecodedBody {
  readonly text: string;
  readonly charset: string;
}

export function decodeBody(body: Uint8Array, contentType: string): DecodedBody {
  const named = findMark(body) ?? findCharset(contentType) ?? findDeclared(body);
  const decoder = named === undefined ? undefined : findDecoder(named);
  if (decoder?.encoding === 'windows-1252') return { text: decodeWestern(body), charset: 'windows-1252' };
  if (decoder !== undefined) return { text: decoder.decode(body), charset: decoder.encoding };
  try {
    // An answer that was cut may end inside of a character.
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(body, { stream: true }), charset: 'utf-8' };
  } catch {
    // Not UTF-8: the web's other default decodes every byte.
    return { text: decodeWestern(body), charset: 'windows-1252' };
  }
}

/** The media type without parameters, in small letters; '' when there is none. */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase();
}

/** Nothing but text has this few control characters in its first part. */
export function looksLikeText(body: Uint8Array): boolean {
  if (findMark(body) !== undefined) return true;
  return !body.subarray(0, 4_096).some((byte) => byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32));
}

export function isTextType(mediaType: string): boolean {
  return /^text\/|[/+](json|xml|yaml|javascript|ecmascript|x-www-form-urlencoded|graphql|x-ndjson|toml)$/.test(mediaType);
}

/** Some releases of Node decode windows-1252 as Latin-1, which has control characters in the place of € and quotation marks. */
function decodeWestern(body: Uint8Array): string {
  const latin = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  return latin.replace(/[\x80-\x9f]/g, (character) => WESTERN[character.charCodeAt(0) - 0x80] ?? character);
}

/** 0x80 to 0x9f; those without a character stay. */
const WESTERN = [...'€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'];

function findMark(body: Uint8Array): string | undefined {
  const [first, second, third] = body;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined;
}

function findCharset(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*"?([\w:.-]+)/i.exec(contentType)?.[1];
}

/** In the first kilobyte, of HTML or XML. */
function findDeclared(body: Uint8Array): string | undefined {
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 1_024)).toString('latin1');
  const declared =
    /<meta[^>]{0,300}?charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1] ?? /^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w-]+)/i.exec(head)?.[1];
  // Whoever could read that declaration does not read UTF-16.
  return declared !== undefined && /^utf-?16/i.test(declared) ? 'utf-8' : declared;
}

function findDecoder(charset: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(charset);
  } catch {
    // A name that nobody knows says nothing.
    return undefined;
  }
}
