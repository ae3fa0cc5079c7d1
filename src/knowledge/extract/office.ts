/** What the three Office formats share: relations between parts, and the title. */
import { posix } from 'node:path';
import type { Archive } from './read-archive.js';
import { readXmlPart } from './read-xml.js';

/** Targets of a part's relations by id, as names of parts. */
export async function readRelations(
  archive: Archive,
  part: string,
): Promise<ReadonlyMap<string, { readonly type: string; readonly part: string }>> {
  const relations = new Map<string, { readonly type: string; readonly part: string }>();
  const file = posix.join(posix.dirname(part), '_rels', `${posix.basename(part)}.rels`);
  const content = archive.find(file);
  if (content === undefined) return relations;
  await readXmlPart(file, content, {
    open(name, { Id, Type = '', Target, TargetMode }) {
      if (localName(name) !== 'Relationship' || Id === undefined || Target === undefined || TargetMode === 'External') return;
      const target = Target.startsWith('/') ? Target.slice(1) : posix.join(posix.dirname(part), Target);
      relations.set(Id, { type: Type.slice(Type.lastIndexOf('/') + 1), part: target });
    },
  });
  return relations;
}

/** '' = the document names none. */
export async function readTitle(archive: Archive): Promise<string> {
  const content = archive.find('docProps/core.xml');
  if (content === undefined) return '';
  let title = '';
  let isTitle = false;
  await readXmlPart('docProps/core.xml', content, {
    open: (name) => {
      isTitle = localName(name) === 'title';
    },
    text: (text) => {
      if (isTitle) title += text;
    },
    close: () => {
      isTitle = false;
    },
  });
  return title.replace(/\s+/g, ' ').trim();
}

/** Writers choose their own prefixes. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The attribute of a namespace whose prefix the writer chose. */
export function findAttribute(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  for (const key in attributes) if (localName(key) === name) return attributes[key];
  return undefined;
}
