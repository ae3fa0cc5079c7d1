/** Bytes of a file as text and back, in the encoding that it has. */
import { AppError } from '../../../../base/errors.js';

export type Encoding = 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be' | 'latin1';

export interface DecodedText {
  readonly text: string;
  readonly encoding: Encoding;
}

const SAMPLE_BYTES = 8_000;

/** `undefined`: it is not text. */
export function decodeText(bytes: Buffer): DecodedText | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return strictly('utf-16le', bytes.subarray(2), 'utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return strictly('utf-16be', bytes.subarray(2), 'utf-16be');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return strictly('utf-8', bytes.subarray(3), 'utf-8-bom');
  if (looksBinary(bytes)) return undefined;
  return strictly('utf-8', bytes, 'utf-8') ?? { text: bytes.toString('latin1'), encoding: 'latin1' };
}

/** A zero byte, or many control characters: no encoding that has no mark of its own looks like this. */
export function looksBinary(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  let control = 0;
  for (const byte of sample) {
    if (byte === 0) return true;
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27) control += 1;
  }
  return control * 10 > sample.length;
}

/** @throws AppError `TOOL_FAILED` when the text cannot be written in this encoding. */
export function encodeText({ text, encoding }: DecodedText): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text, 'utf8');
    case 'utf-8-bom':
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text, 'utf8')]);
    case 'utf-16le':
      return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    case 'utf-16be':
      return Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]);
    case 'latin1':
      if ([...text].some((letter) => (letter.codePointAt(0) as number) > 0xff))
        throw new AppError('TOOL_FAILED', {
          message: 'the file is written in Latin-1, and the new text holds letters that Latin-1 does not have',
        });
      return Buffer.from(text, 'latin1');
  }
}

function strictly(label: string, bytes: Buffer, encoding: Encoding): DecodedText | undefined {
  try {
    // The mark is cut off already: one that is left is a letter of the text.
    return { text: new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes), encoding };
  } catch {
    // Not in this encoding: the caller tries another, or says that it is not text.
    return undefined;
  }
}
