/** Excel workbooks: cells with their references, row by row, at most 1000 of a sheet (RAG-11). */
import type { ExtractedText } from './extracted-text.js';
import type { Extractor } from './extractor.js';
import { LineWriter } from './line-writer.js';
import { findAttribute, localName, readRelations, readTitle } from './office.js';
import { type Archive, readArchive } from './read-archive.js';
import { readXmlPart } from './read-xml.js';
import { type Cell, readCells } from './xlsx-cells.js';
import { readDateFormats } from './xlsx-dates.js';

export const xlsxExtractor: Extractor = {
  format: 'xlsx',
  extensions: ['.xlsx', '.xlsm', '.xltx'],
  mediaTypes: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  isBinary: true,
  extract: ({ name, content }) => extractXlsx(name, content),
};

async function extractXlsx(name: string, content: Uint8Array): Promise<ExtractedText> {
  const archive = await readArchive(name, content);
  const { sheets, usesDate1904 } = await readWorkbook(archive);
  const dates = await readDateFormats(archive.find('xl/styles.xml'), usesDate1904);
  const read: { readonly name: string; readonly cells: readonly Cell[]; readonly isCut: boolean }[] = [];
  for (const sheet of sheets) {
    const part = archive.find(sheet.part);
    if (part !== undefined) read.push({ name: sheet.name, ...(await readCells(sheet.part, part, MAX_CELLS, dates)) });
  }
  const wanted = new Set(read.flatMap(({ cells }) => cells.flatMap(({ shared }) => shared ?? [])));
  const shared = await readSharedStrings(archive.find('xl/sharedStrings.xml'), wanted);

  const writer = new LineWriter(name);
  read.forEach(({ name: sheet, cells, isCut }, index) => {
    writer.page(index + 1, `--- Sheet ${index + 1}: ${sheet} ---`);
    writer.heading(1, sheet);
    for (const row of rowsOf(cells)) {
      const texts = row.map((cell) => ({ ...cell, text: cell.shared === undefined ? cell.text : (shared.get(cell.shared) ?? '') }));
      const filled = texts.filter(({ text }) => text.trim() !== '');
      if (filled.length > 0)
        writer.line(filled.map(({ reference, text }) => `${reference}: ${text.replace(/\s+/g, ' ').trim()}`).join(' | '));
    }
    if (isCut) writer.line(`(The sheet has more than ${MAX_CELLS} cells; the others were left out.)`);
  });
  return writer.finish(await readTitle(archive));
}

async function readWorkbook(archive: Archive) {
  const sheets: { readonly name: string; readonly part: string }[] = [];
  let usesDate1904 = false;
  const relations = await readRelations(archive, 'xl/workbook.xml');
  await readXmlPart('xl/workbook.xml', archive.get('xl/workbook.xml'), {
    open(tag, attributes) {
      const local = localName(tag);
      if (local === 'workbookPr') usesDate1904 = /^(1|true)$/.test(attributes['date1904'] ?? '');
      if (local !== 'sheet') return;
      const id = Object.entries(attributes).find(([key]) => key.includes(':') && localName(key) === 'id')?.[1] ?? '';
      const part = relations.get(id)?.part;
      if (part !== undefined) sheets.push({ name: findAttribute(attributes, 'name') ?? '', part });
    },
  });
  return { sheets, usesDate1904 };
}

/** Only those that are asked for: the others would be kept for nothing. */
async function readSharedStrings(content: Uint8Array | undefined, wanted: ReadonlySet<number>): Promise<ReadonlyMap<number, string>> {
  const strings = new Map<number, string>();
  if (content === undefined || wanted.size === 0) return strings;
  const last = [...wanted].reduce((most, index) => Math.max(most, index), 0);
  let index = -1;
  let text = '';
  let inText = false;
  let phonetic = 0;
  await readXmlPart('xl/sharedStrings.xml', content, {
    open(tag) {
      const name = localName(tag);
      if (name === 'si') {
        index += 1;
        text = '';
      } else if (name === 'rPh') phonetic += 1;
      inText = name === 't' && phonetic === 0;
    },
    text(part) {
      if (inText && wanted.has(index)) text += part;
    },
    close(tag) {
      const name = localName(tag);
      inText = false;
      if (name === 'rPh') phonetic -= 1;
      if (name === 'si' && wanted.has(index)) strings.set(index, text);
    },
    isDone: () => index > last,
  });
  return strings;
}

function rowsOf(cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const rows: Cell[][] = [];
  let row = -1;
  for (const cell of cells) {
    if (cell.row !== row) rows.push([]);
    row = cell.row;
    rows.at(-1)?.push(cell);
  }
  return rows;
}

const MAX_CELLS = 1000;
