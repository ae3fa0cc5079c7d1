/** PDF and Office documents, as programs write them and as nobody should (RAG-11, RAG-15, W-78). */
import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import t from 'tap';
import { extractText } from '../../../src/knowledge/extract/extract-text.js';
import { makeArchive, makeDocx, makePdf, makeXlsx } from '../../support/office-files.js';

const fixture = (name: string) => new Uint8Array(readFileSync(`test/fixtures/documents/${name}`));
const read = (name: string) => extractText(name, fixture(name));
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
const filledLines = (text: string) => text.split('\n').filter((line) => line !== '');

t.test('a PDF is its pages behind markers, its title and the sections of its bookmarks (RAG-11)', async (t) => {
  const { text, title, landmarks = [] } = await read('storks.pdf');
  t.equal(title, 'Handbook of Storks');
  t.same(filledLines(text).slice(0, 3), ['--- Page 1 ---', 'Habitat', 'White storks breed in open farmland with access to']);
  t.match(text, /platforms\.\n\nThe nest is used/, 'paragraphs are apart');
  t.match(text, /– “storks” return/);
  t.match(text, /--- Page 3 ---\nMigration/);
  t.same(
    landmarks.map((one) => (one.type === 'page' ? one.number : one.name)),
    [1, 'Habitat', 2, 'Food', 3, 'Migration'],
  );
  for (const one of landmarks) if (one.type === 'page') t.ok(text.startsWith(`--- Page ${one.number} ---`, one.at));
});

t.test('a PDF in Japanese without its font is read by the character maps that come along', async (t) => {
  const shiftJis = Buffer.from('93fa967b8cea', 'hex');
  const font =
    '/Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /90ms-RKSJ-H /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /Ryumin-Light /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent 0 /CapHeight 700 /StemV 80 >> >>]';
  const stream = bytes(`BT /F1 12 Tf 20 200 Td <${shiftJis.toString('hex')}> Tj ET`);
  t.match((await extractText('a.pdf', makePdf({ stream, font }))).text, /日本語/);
});

t.test('a Word document is paragraphs, headings, lists, tables and notes, without its markup (RAG-11, W-78)', async (t) => {
  const { text, title, landmarks = [] } = await read('report.docx');
  t.equal(title, 'Quarterly Report');
  t.same(filledLines(text), [
    ...['Results', 'Revenue rose by 12 % to 4.2 million.', 'Regions', 'Region | Revenue', 'North | 1.5 million', 'South | 2.7 million'],
    ...['Outlook', '- Hire two engineers', '  - one of them in Łódź', '1. Sign the lease', '2. Move in'],
    ...['See the plan & the budget <draft>.', 'Figures are not audited.'],
  ]);
  t.notMatch(text, /w:|<\/|xmlns/);
  t.same(
    landmarks.map((one) => (one.type === 'page' ? one.number : one.name)),
    [1, 'Results', 'Regions', 2, 'Outlook'],
  );
  const deleted = makeDocx('<w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del></w:p>');
  t.equal((await extractText('a.docx', deleted)).text.trim(), 'kept');
});

t.test('a workbook is cells with references, by sheet, dates as dates, at most 1000 of a sheet (RAG-11)', async (t) => {
  const { text, title, landmarks = [] } = await read('inventory.xlsx');
  t.equal(title, 'Inventory');
  t.same(filledLines(text).slice(0, 6), [
    '--- Sheet 1: Stock ---',
    'A1: Article | B1: Count | C1: Price | D1: Counted | E1: Ordered',
    'A2: Bolts | B2: 1200 | C2: 0.05 | D2: 2024-02-29 | E2: TRUE',
    'A3: Hex nuts | B3: 800 | C3: 0.04 | D3: 2024-03-01 13:30:00 | E3: FALSE',
    'A4: Total | B4: 2000',
    'G7: far away',
  ]);
  const second = text.slice(text.indexOf('--- Sheet 2'), text.indexOf('--- Sheet 3'));
  t.equal(second.match(/\b[A-D]\d+: /g)?.length, 1000);
  t.match(second, /D250: note 4\n\(The sheet has more than 1000 cells; the others were left out\.\)/);
  t.same(
    landmarks.flatMap((one) => (one.type === 'heading' ? [one.name] : [])),
    ['Stock', 'Many cells', 'Empty'],
  );
  const inline = makeXlsx(
    '<row><c t="inlineStr"><is><t>in</t><t>line</t></is></c><c><v>7</v></c></row><row r="9"><c r="AB9" t="e"><v>#REF!</v></c></row>',
  );
  t.same(filledLines((await extractText('a.xlsx', inline)).text).slice(1), ['A1: inline | B1: 7', 'AB9: #REF!']);
});

t.test('a presentation is slides in order, with titles, tables and notes', async (t) => {
  const { text, landmarks = [] } = await read('launch.pptx');
  t.same(filledLines(text), [
    ...['--- Slide 1 ---', 'Launch plan for the new bicycle'],
    ...['--- Slide 2 ---', 'Timeline', 'Beta in March', 'Launch in June', 'Notes: Mention the delay of the supplier.'],
    ...['--- Slide 3 ---', 'Budget', 'Item | Cost', 'Advertising | 20,000', 'Events | 5,000'],
  ]);
  t.same(
    landmarks.flatMap((one) => (one.type === 'heading' ? [one.name] : [])),
    ['', 'Timeline', 'Budget'],
  );
});

t.test('a document is what its first bytes say, then what its media type says, then its extension', async (t) => {
  t.match((await extractText('storks.txt', fixture('storks.pdf'))).text, /--- Page 2 ---/);
  t.match((await extractText('download', fixture('report.docx'))).text, /Revenue rose/);
  t.match((await extractText('report.xlsx', fixture('report.docx'))).text, /Revenue rose/);
  t.match((await extractText('page', bytes('<title>T</title><p>x'), { mediaType: 'text/html; charset=utf-8' })).title, 'T');
  t.match((await extractText('a.md', bytes('# T'), { mediaType: 'application/octet-stream' })).title, 'T');
  t.equal((await extractText('a.txt', Uint8Array.of(0xc4, 0xe5), { mediaType: 'text/plain; charset=windows-1251' })).text, 'Де');
});

t.test('damaged, protected, mislabelled and unknown documents are errors that say what to do, never content (RAG-15, W-78)', async (t) => {
  const truncated = (name: string) => fixture(name).slice(0, 3_000);
  for (const [name, content, code, message] of [
    ['protected.pdf', fixture('protected.pdf'), 'DOCUMENT_UNREADABLE', /protected by a password/],
    ['scanned.pdf', fixture('scanned.pdf'), 'DOCUMENT_NOT_TEXT', /holds no text.*mcp_parsers/],
    ['a.pdf', bytes('just words'), 'DOCUMENT_UNREADABLE', /'a\.pdf' is no PDF file, or damaged/],
    ['a.pdf', bytes('%PDF-1.7 and no more'), 'DOCUMENT_UNREADABLE', /damaged or no PDF/],
    ['a.docx', bytes('<w:p>words</w:p>'), 'DOCUMENT_UNREADABLE', /no DOCX file/],
    ['a.docx', truncated('report.docx'), 'DOCUMENT_UNREADABLE', /damaged archive/],
    ['a.xlsx', truncated('inventory.xlsx'), 'DOCUMENT_UNREADABLE', /damaged archive/],
    ['a.docx', makeArchive({ 'readme.txt': 'hello' }), 'DOCUMENT_UNSUPPORTED', /archives/],
    ['a.txt', makeArchive({ 'readme.txt': 'hello' }), 'DOCUMENT_UNSUPPORTED', /archives/],
    ['a.doc', Buffer.from('d0cf11e0a1b11ae100000000', 'hex'), 'DOCUMENT_UNSUPPORTED', /before 2007.*password/],
    ['a.docx', Buffer.from('d0cf11e0a1b11ae100000000', 'hex'), 'DOCUMENT_UNSUPPORTED', /before 2007.*password/],
    ['a.odt', bytes('x'), 'DOCUMENT_UNSUPPORTED', /\.odt files.*source\.exclude/],
    ['a.md', Buffer.from('89504e470d0a1a0a00', 'hex'), 'DOCUMENT_UNSUPPORTED', /image files/],
  ] as const)
    await t.rejects(extractText(name, new Uint8Array(content)), { code, message }, `${name} ${message}`);
});

t.test('what unpacks to too much, or nests without end, fails alone and soon', { timeout: 60_000 }, async (t) => {
  const page = deflateSync(Buffer.alloc(140_000_000, 32));
  t.ok(page.length < 200_000);
  const started = performance.now();
  await t.rejects(extractText('a.pdf', makePdf({ stream: page, filter: '/FlateDecode' })), {
    code: 'DOCUMENT_UNREADABLE',
    message: /a buffer of \d+ bytes; at most 134217728/,
  });
  // A part of nothing, and one whose entry says more than it is.
  const zeros = new Uint8Array(50_000_000);
  const large = makeArchive({ 'xl/workbook.xml': zeros });
  await t.rejects(extractText('a.xlsx', large), { code: /DOCUMENT_/ });
  const claiming = Buffer.from(large);
  // Its size in the central directory: four bytes, 24 behind the signature.
  claiming.writeUInt32LE(0x7fffffff, claiming.indexOf('PK\x01\x02', 0, 'latin1') + 24);
  await t.rejects(extractText('a.xlsx', new Uint8Array(claiming)), { code: 'DOCUMENT_TOO_LARGE', message: /unpacks to more than 256 MiB/ });
  await t.rejects(extractText('a.docx', makeDocx('<w:p>'.repeat(5_000))), {
    code: 'DOCUMENT_UNREADABLE',
    message: /nested more than 1000/,
  });
  const entities = Array.from({ length: 9 }, (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`).join('');
  const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">${entities}]><lolz>&l9;</lolz>`;
  t.ok((await extractText('a.xml', bytes(laughs))).text.length < laughs.length, 'entities of its own stay as written');
  t.ok((await extractText('a.docx', makeDocx('<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>'))).text.length < 100);
  t.ok(performance.now() - started < 30_000);
});
