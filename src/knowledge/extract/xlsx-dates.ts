/** Which cells of a workbook show dates: Excel keeps days since 1900 (or 1904) and the format that shows them. */
import { findAttribute, localName } from './office.js';
import { readXmlPart } from './read-xml.js';

export interface DateFormats {
  /** As ISO 8601, when cells of that style show dates. */
  format(style: number, days: number): string | undefined;
}

export async function readDateFormats(content: Uint8Array | undefined, usesDate1904: boolean): Promise<DateFormats> {
  const own = new Map<number, string>();
  /** Number formats by style. */
  const styles: number[] = [];
  let inCells = false;
  if (content !== undefined)
    await readXmlPart('xl/styles.xml', content, {
      open(tag, attributes) {
        const name = localName(tag);
        const id = Number(findAttribute(attributes, 'numFmtId')) || 0;
        if (name === 'numFmt') own.set(id, findAttribute(attributes, 'formatCode') ?? '');
        else if (name === 'cellXfs') inCells = true;
        else if (name === 'xf' && inCells) styles.push(id);
      },
      close(tag) {
        if (localName(tag) === 'cellXfs') inCells = false;
      },
    });
  const offset = usesDate1904 ? 1462 : 0;
  return {
    format(style, days) {
      const id = styles[style] ?? 0;
      const code = own.get(id);
      if (!(code === undefined ? isBuiltInDate(id) : isDateCode(code))) return undefined;
      return toIso(days + offset);
    },
  };
}

function isBuiltInDate(id: number): boolean {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}

/** Letters of dates outside of quoted text, conditions and escapes. */
function isDateCode(code: string): boolean {
  const shown = code.slice(0, 1_000).replace(/"[^"]*"|\[[^\]]*\]|\\.|_./g, '');
  return /[dmyhs]/i.test(shown) && !/general/i.test(shown);
}

function toIso(days: number): string | undefined {
  if (!(days >= 0 && days < 2_958_466)) return undefined;
  // Excel counts a 29 February 1900 that there was not.
  const whole = days < 60 ? days + 1 : days;
  const text = new Date(Math.round((whole - 25_569) * 86_400_000)).toISOString();
  if (days < 1) return text.slice(11, 19);
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.slice(0, 19).replace('T', ' ');
}
