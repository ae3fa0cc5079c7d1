/** Documents that no writer would make: Office files of given parts, PDFs of given streams, archives that lie. */
import { zipSync } from 'fflate';

const encoder = new TextEncoder();

/** A zipped document; parts are text or bytes. */
export function makeArchive(parts: Readonly<Record<string, string | Uint8Array>>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(parts).map(([name, part]) => [name, typeof part === 'string' ? encoder.encode(part) : part] as const);
  return new Uint8Array(zipSync(Object.fromEntries(entries), { level: 9 }));
}

/** @param body content of `w:body`. */
export function makeDocx(body: string, more: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  return makeArchive({
    'word/document.xml': `<?xml version="1.0"?><w:document xmlns:w="urn:w"><w:body>${body}</w:body></w:document>`,
    ...more,
  });
}

/** @param rows content of `sheetData`. */
export function makeXlsx(rows: string, more: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  return makeArchive({
    'xl/workbook.xml': '<workbook xmlns:r="urn:r"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Type="urn:x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
    ...more,
  });
}

export interface PdfOptions {
  /** As it stands in the file. */
  readonly stream: Uint8Array;
  /** Such as `/FlateDecode`. */
  readonly filter?: string;
  readonly font?: string;
}

/** One page. */
export function makePdf({
  stream,
  filter,
  font = '/Type /Font /Subtype /Type1 /BaseFont /Helvetica',
}: PdfOptions): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const offsets: number[] = [];
  const add = (part: string | Uint8Array) => parts.push(typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part));
  const length = () => parts.reduce((sum, part) => sum + part.length, 0);
  const object = (body: string, content?: Uint8Array) => {
    offsets.push(length());
    add(`${offsets.length} 0 obj\n${body}\n`);
    if (content !== undefined) {
      add('stream\n');
      add(content);
      add('\nendstream\n');
    }
    add('endobj\n');
  };
  add('%PDF-1.4\n');
  object('<< /Type /Catalog /Pages 2 0 R >>');
  object('<< /Type /Pages /Kids [3 0 R] /Count 1 >>');
  object('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>');
  object(`<< /Length ${stream.length}${filter === undefined ? '' : ` /Filter ${filter}`} >>`, stream);
  object(`<< ${font} >>`);
  const table = length();
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  add(
    `xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${rows}trailer << /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF`,
  );
  return new Uint8Array(Buffer.concat(parts));
}
