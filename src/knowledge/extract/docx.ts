/** Word documents: paragraphs, headings, lists, tables and notes as text; pages where Word has left its breaks (RAG-11, W-78). */

import { trimLineEnds } from '../../base/trim.js';
import { type DocxStyles, readDocxStyles } from './docx-styles.js';
import type { ExtractedText } from './extracted-text.js';
import type { Extractor } from './extractor.js';
import { LineWriter } from './line-writer.js';
import { findAttribute, localName, readTitle } from './office.js';
import { readArchive } from './read-archive.js';
import { readXmlPart } from './read-xml.js';

export const docxExtractor: Extractor = {
  format: 'docx',
  extensions: ['.docx', '.docm', '.dotx'],
  mediaTypes: ['application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  isBinary: true,
  extract: ({ name, content }) => extractDocx(name, content),
};

async function extractDocx(name: string, content: Uint8Array): Promise<ExtractedText> {
  const archive = await readArchive(name, content);
  const styles = await readDocxStyles(archive);
  const writer = new LineWriter(name);
  const body = new DocxBody(writer, styles);
  await readXmlPart(name, archive.get('word/document.xml'), body);
  for (const part of ['word/footnotes.xml', 'word/endnotes.xml']) {
    const notes = archive.find(part);
    if (notes === undefined) continue;
    writer.gap();
    await readXmlPart(name, notes, body);
  }
  return writer.finish((await readTitle(archive)) || body.title);
}

class DocxBody {
  title = '';
  readonly #writer: LineWriter;
  readonly #styles: DocxStyles;
  readonly #counters = new Map<string, number>();
  /** Elements within something that is not text of the document. */
  #skipped = 0;
  #inText = false;
  #paragraph = '';
  #style = '';
  #list: { readonly id: string; readonly level: number } | undefined;
  #listId = '';
  #listLevel = 0;
  /** Cells of the rows that are open, outermost table first. */
  readonly #rows: string[][] = [];
  #page = 1;

  constructor(writer: LineWriter, styles: DocxStyles) {
    this.#writer = writer;
    this.#styles = styles;
  }

  open(tag: string, attributes: Readonly<Record<string, string>>): void {
    const name = localName(tag);
    if (this.#skipped > 0 || SKIPPED.has(name)) {
      this.#skipped += 1;
      return;
    }
    switch (name) {
      case 'p':
        this.#style = '';
        this.#list = undefined;
        break;
      case 'pStyle':
        this.#style = findAttribute(attributes, 'val') ?? '';
        break;
      case 'numPr':
        this.#listId = '';
        this.#listLevel = 0;
        break;
      case 'ilvl':
        this.#listLevel = Number(findAttribute(attributes, 'val')) || 0;
        break;
      case 'numId':
        this.#listId = findAttribute(attributes, 'val') ?? '';
        break;
      case 't':
        this.#inText = true;
        break;
      case 'tab':
        if (this.#paragraph !== '') this.#paragraph += '\t';
        break;
      case 'br':
        if (findAttribute(attributes, 'type') === 'page') this.#breakPage();
        else this.#paragraph += '\n';
        break;
      case 'cr':
        this.#paragraph += '\n';
        break;
      case 'lastRenderedPageBreak':
        this.#breakPage();
        break;
      case 'tr':
        this.#rows.push([]);
        break;
      case 'tc':
        this.#rows.at(-1)?.push('');
        break;
    }
  }

  text(text: string): void {
    if (this.#inText && this.#skipped === 0) this.#paragraph += text;
  }

  close(tag: string): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1;
      return;
    }
    switch (localName(tag)) {
      case 't':
        this.#inText = false;
        break;
      case 'numPr':
        if (this.#listId !== '' && this.#listId !== '0') this.#list = { id: this.#listId, level: this.#listLevel };
        break;
      case 'p':
        this.#endParagraph();
        break;
      case 'tr':
        this.#endRow();
        break;
      case 'tbl':
        if (this.#rows.length === 0) this.#writer.gap();
        break;
    }
  }

  #endParagraph(): void {
    const text = trimLineEnds(this.#paragraph).trim();
    this.#paragraph = '';
    if (text === '') return;
    const row = this.#rows.at(-1);
    if (row !== undefined) {
      const cell = row.pop() ?? '';
      row.push(cell === '' ? text : `${cell} ${text}`);
      return;
    }
    const level = this.#styles.headingLevel(this.#style);
    if (this.#styles.isTitle(this.#style) && this.title === '') this.title = text.replace(/\s+/g, ' ');
    if (level !== undefined) {
      if (this.title === '') this.title = text.replace(/\s+/g, ' ');
      this.#writer.gap();
      this.#writer.heading(level, text);
    }
    const list = this.#list;
    if (list === undefined) this.#writer.gap();
    this.#writer.line(list === undefined ? text : `${'  '.repeat(Math.min(list.level, 8))}${this.#mark(list)} ${text}`);
    if (list === undefined) this.#writer.gap();
  }

  #endRow(): void {
    const row = this.#rows.pop();
    if (row === undefined || row.every((cell) => cell === '')) return;
    const text = row.map((cell) => cell.replace(/\s+/g, ' ')).join(' | ');
    const outer = this.#rows.at(-1);
    if (outer === undefined) this.#writer.line(text);
    else outer.push([outer.pop() ?? '', text].filter((part) => part !== '').join('; '));
  }

  #mark({ id, level }: { readonly id: string; readonly level: number }): string {
    if (this.#styles.isBullet(id, level)) return '-';
    const key = `${id}/${level}`;
    const number = (this.#counters.get(key) ?? 0) + 1;
    this.#counters.set(key, number);
    for (let deeper = level + 1; deeper < 9; deeper++) this.#counters.delete(`${id}/${deeper}`);
    return `${number}.`;
  }

  /** A break in the middle of a paragraph counts for what follows the paragraph. */
  #breakPage(): void {
    this.#page += 1;
    this.#writer.pageBreak(this.#page);
  }
}

/** Deleted and moved text, codes of fields, what stands for newer content, and separators of notes. */
const SKIPPED: ReadonlySet<string> = new Set(['del', 'moveFrom', 'instrText', 'Fallback', 'delText', 'pPrChange', 'rPrChange', 'sectPr']);
