/**
 * XML as a series of events, in one pass and without a tree. Document type definitions are skipped and no entity but XML's own five is
 * known, so nothing in a document can make it grow; what is broken is read as far as it goes.
 */
import { AppError } from '../../base/errors.js';
import { decodeText } from './decode-text.js';

export interface XmlReader {
  /** Names are as written, with their prefix. @param at offset in the source. */
  open?(name: string, attributes: Readonly<Record<string, string>>, at: number): void;
  text?(text: string, at: number): void;
  close?(name: string, at: number): void;
  /** Asked between parts of the source: true = enough is known. */
  isDone?(): boolean;
}

export async function readXml(source: string, reader: XmlReader): Promise<void> {
  const { Parser } = await import('htmlparser2');
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth += 1;
        if (depth > MAX_DEPTH)
          throw new AppError('DOCUMENT_UNREADABLE', { message: `XML elements are nested more than ${MAX_DEPTH} deep` });
        reader.open?.(name, attributes, parser.startIndex);
      },
      ontext: (text) => reader.text?.(text, parser.startIndex),
      onclosetag(name) {
        depth -= 1;
        reader.close?.(name, parser.startIndex);
      },
    },
    { xmlMode: true, decodeEntities: true, recognizeSelfClosing: true },
  );
  for (let at = 0; at < source.length; at += PART) {
    parser.write(source.slice(at, at + PART));
    if (reader.isDone?.() === true) return;
  }
  parser.end();
}

/** A part of an Office document; these are UTF-8 or UTF-16. */
export function readXmlPart(name: string, content: Uint8Array, reader: XmlReader): Promise<void> {
  return readXml(decodeText(name, content), reader);
}

const MAX_DEPTH = 1_000;
const PART = 65_536;
