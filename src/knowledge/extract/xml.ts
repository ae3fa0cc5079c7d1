/** XML as names and values: what an element holds behind its name and attributes, source lines kept. */
import { AppError } from '../../base/errors.js';
import type { ExtractedText } from './extracted-text.js';
import { LineWriter } from './line-writer.js';
import { localName } from './office.js';
import { readXml } from './read-xml.js';

export async function extractXml(name: string, source: string): Promise<ExtractedText> {
  const writer = new LineWriter(name);
  const findLine = createLineCounter(source);
  const open: { readonly name: string; readonly attributes: string; readonly line: number }[] = [];
  let title = '';
  let text = '';
  let isNew = false;
  let hasElements = false;
  const flush = () => {
    const element = open.at(-1);
    const content = text.replace(/\s+/g, ' ').trim();
    text = '';
    if (element === undefined || (content === '' && !(isNew && element.attributes !== ''))) return;
    const label = isNew ? `${element.name}${element.attributes === '' ? '' : ` (${element.attributes})`}${content === '' ? '' : ': '}` : '';
    writer.line(`${'  '.repeat(Math.min(open.length - 1, 20))}${label}${content}`, element.line);
    if (title === '' && content !== '' && /^(title|name)$/i.test(element.name) && open.length <= 4) title = content.slice(0, 300);
    isNew = false;
  };
  await readXml(source, {
    open(tag, attributes, at) {
      flush();
      hasElements = true;
      const shown = Object.entries(attributes).filter(
        ([key, value]) => value !== '' && !key.startsWith('xmlns') && !key.startsWith('xsi:'),
      );
      open.push({
        name: localName(tag),
        attributes: shown.map(([key, value]) => `${localName(key)}=${value}`).join(' '),
        line: findLine(at),
      });
      isNew = true;
    },
    text(part) {
      text += part;
    },
    close() {
      flush();
      open.pop();
      isNew = false;
    },
  });
  if (!hasElements) throw new AppError('DOCUMENT_UNREADABLE', { message: `'${name}' is no XML: it has no element` });
  return writer.finish(title, true);
}

/** Offsets are asked for in order. */
function createLineCounter(source: string): (at: number) => number {
  let line = 1;
  let next = source.indexOf('\n');
  return (at) => {
    for (; next !== -1 && next < at; next = source.indexOf('\n', next + 1)) line += 1;
    return line;
  };
}
