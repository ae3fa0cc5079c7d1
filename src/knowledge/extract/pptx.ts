/** PowerPoint: slides with their titles, texts, tables and speaker notes. */
import type { ExtractedText } from './extracted-text.js';
import type { Extractor } from './extractor.js';
import { LineWriter } from './line-writer.js';
import { findAttribute, localName, readRelations, readTitle } from './office.js';
import { type Archive, readArchive } from './read-archive.js';
import { readXmlPart } from './read-xml.js';

export const pptxExtractor: Extractor = {
  format: 'pptx',
  extensions: ['.pptx', '.pptm', '.ppsx'],
  mediaTypes: ['application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  isBinary: true,
  extract: ({ name, content }) => extractPptx(name, content),
};

async function extractPptx(name: string, content: Uint8Array): Promise<ExtractedText> {
  const archive = await readArchive(name, content);
  const writer = new LineWriter(name);
  let first = '';
  let number = 0;
  for (const part of await readSlideParts(archive)) {
    const slide = archive.find(part);
    if (slide === undefined) continue;
    number += 1;
    const { title, lines } = await readShapes(part, slide);
    first ||= title;
    writer.page(number, `--- Slide ${number} ---`);
    writer.heading(1, title);
    for (const line of lines) writer.line(line);
    for (const relation of (await readRelations(archive, part)).values()) {
      const notes = relation.type === 'notesSlide' ? archive.find(relation.part) : undefined;
      if (notes === undefined) continue;
      const { lines: spoken } = await readShapes(relation.part, notes);
      if (spoken.length > 0) writer.line(`Notes: ${spoken.join('\n')}`);
    }
  }
  return writer.finish((await readTitle(archive)) || first);
}

/** In the order in which they are shown. */
async function readSlideParts(archive: Archive): Promise<readonly string[]> {
  const main = 'ppt/presentation.xml';
  const relations = await readRelations(archive, main);
  const parts: string[] = [];
  await readXmlPart(main, archive.get(main), {
    open(tag, attributes) {
      if (localName(tag) !== 'sldId') return;
      const id = Object.entries(attributes).find(([key]) => key.includes(':') && localName(key) === 'id')?.[1] ?? '';
      const part = relations.get(id)?.part;
      if (part !== undefined) parts.push(part);
    },
  });
  return parts;
}

async function readShapes(part: string, content: Uint8Array): Promise<{ readonly title: string; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  let title = '';
  let placeholder = '';
  let paragraph = '';
  let inText = false;
  let row: string[] | undefined;
  await readXmlPart(part, content, {
    open(tag, attributes) {
      const name = localName(tag);
      if (name === 'sp' || name === 'graphicFrame') placeholder = '';
      else if (name === 'ph') placeholder = findAttribute(attributes, 'type') ?? 'body';
      else if (name === 'tr') row = [];
      else if (name === 'tc') row?.push('');
      else if (name === 'br') paragraph += ' ';
      inText = name === 't';
    },
    text(text) {
      if (inText) paragraph += text;
    },
    close(tag) {
      const name = localName(tag);
      inText = false;
      if (name === 'tr') {
        if (row?.some((cell) => cell !== '') === true) lines.push(row.join(' | '));
        row = undefined;
      }
      if (name !== 'p') return;
      const text = paragraph.replace(/\s+/g, ' ').trim();
      paragraph = '';
      // Numbers, dates and images of slides repeat what is known.
      if (text === '' || OF_THE_SLIDE.has(placeholder)) return;
      if (row !== undefined) row.push([row.pop() ?? '', text].filter((cell) => cell !== '').join(' '));
      else lines.push(text);
      if (/^(title|ctrTitle)$/.test(placeholder)) title = title === '' ? text : `${title} ${text}`;
    },
  });
  return { title, lines };
}

const OF_THE_SLIDE: ReadonlySet<string> = new Set(['sldNum', 'dt', 'ftr', 'hdr', 'sldImg']);
