/** Which styles of a Word document are headings, and which of its lists have bullets. */
import { findAttribute, localName } from './office.js';
import type { Archive } from './read-archive.js';
import { readXmlPart } from './read-xml.js';

export interface DocxStyles {
  /** From 1; `undefined` = no heading. */
  headingLevel(style: string): number | undefined;
  isTitle(style: string): boolean;
  isBullet(list: string, level: number): boolean;
}

export async function readDocxStyles(archive: Archive): Promise<DocxStyles> {
  const styles = await readStyles(archive.find('word/styles.xml'));
  const numbering = await readNumbering(archive.find('word/numbering.xml'));
  return {
    headingLevel: (style) => levelOf(styles.get(style) ?? style),
    isTitle: (style) => /^title$/i.test(styles.get(style) ?? style),
    isBullet: (list, level) => numbering.get(`${list}/${level}`) !== 'number',
  };
}

function levelOf(name: string): number | undefined {
  const level = Number(/^heading ?([1-9])$/i.exec(name)?.[1]);
  return Number.isNaN(level) ? undefined : level;
}

/** Names by id; ids are in the writer's language, names of built-in styles are not. */
async function readStyles(content: Uint8Array | undefined): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  if (content === undefined) return names;
  let id = '';
  await readXmlPart('word/styles.xml', content, {
    open(tag, attributes) {
      const name = localName(tag);
      if (name === 'style') id = findAttribute(attributes, 'styleId') ?? '';
      else if (name === 'name' && id !== '') names.set(id, findAttribute(attributes, 'val') ?? '');
      else if (name === 'outlineLvl' && id !== '' && levelOf(names.get(id) ?? '') === undefined) {
        const level = Number(findAttribute(attributes, 'val'));
        if (level >= 0 && level < 9) names.set(id, `heading ${level + 1}`);
      }
    },
    close(tag) {
      if (localName(tag) === 'style') id = '';
    },
  });
  return names;
}

/** By list and level. */
async function readNumbering(content: Uint8Array | undefined): Promise<ReadonlyMap<string, 'bullet' | 'number'>> {
  const formats = new Map<string, 'bullet' | 'number'>();
  const lists = new Map<string, string>();
  if (content === undefined) return formats;
  let abstractId = '';
  let listId = '';
  let level = '';
  await readXmlPart('word/numbering.xml', content, {
    open(tag, attributes) {
      const name = localName(tag);
      const value = findAttribute(attributes, 'val') ?? '';
      if (name === 'abstractNum') abstractId = findAttribute(attributes, 'abstractNumId') ?? '';
      else if (name === 'lvl') level = findAttribute(attributes, 'ilvl') ?? '';
      else if (name === 'numFmt' && listId === '')
        formats.set(`abstract ${abstractId}/${level}`, value === 'bullet' || value === 'none' ? 'bullet' : 'number');
      else if (name === 'num') listId = findAttribute(attributes, 'numId') ?? '';
      else if (name === 'abstractNumId' && listId !== '') lists.set(listId, value);
    },
    close(tag) {
      if (localName(tag) === 'num') listId = '';
    },
  });
  for (const [list, abstract] of lists) {
    for (let at = 0; at < 9; at++) {
      const format = formats.get(`abstract ${abstract}/${at}`);
      if (format !== undefined) formats.set(`${list}/${at}`, format);
    }
  }
  return formats;
}
