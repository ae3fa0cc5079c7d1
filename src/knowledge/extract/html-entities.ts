/** Character references in HTML text. Names outside this table stay as written. */
import { decodeWestern } from './decode-western.js';

export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z][a-zA-Z\d]{1,31}));?/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return NAMED.get(name) ?? whole;
      return fromCodePoint(decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal));
    },
  );
}

function fromCodePoint(code: number): string {
  // Numbers 128–159 mean windows-1252, as browsers have it.
  if (code >= 0x80 && code <= 0x9f) return decodeWestern(Uint8Array.of(code));
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd';
  return String.fromCodePoint(code);
}

/** Latin-1 names in the order of their code points from 160. */
const LATIN_1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest ' +
  'Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig ' +
  'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';
/** Greek names in the order of their code points: capitals from 913, small from 945. */
const GREEK =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega'.split(
    ' ',
  );
const OTHERS =
  'amp=& lt=< gt=> quot=" apos=\' ndash=– mdash=— lsquo=‘ rsquo=’ sbquo=‚ ldquo=“ rdquo=” bdquo=„ bull=• hellip=… prime=′ Prime=″ lsaquo=‹ rsaquo=› oline=‾ frasl=⁄ euro=€ trade=™ ' +
  'larr=← uarr=↑ rarr=→ darr=↓ harr=↔ lArr=⇐ rArr=⇒ hArr=⇔ forall=∀ part=∂ exist=∃ empty=∅ nabla=∇ isin=∈ notin=∉ ni=∋ prod=∏ sum=∑ minus=− lowast=∗ radic=√ prop=∝ infin=∞ ang=∠ ' +
  'and=∧ or=∨ cap=∩ cup=∪ int=∫ there4=∴ sim=∼ cong=≅ asymp=≈ ne=≠ equiv=≡ le=≤ ge=≥ sub=⊂ sup=⊃ sube=⊆ supe=⊇ oplus=⊕ otimes=⊗ perp=⊥ sdot=⋅ OElig=Œ oelig=œ Scaron=Š scaron=š Yuml=Ÿ ' +
  'fnof=ƒ circ=ˆ tilde=˜ dagger=† Dagger=‡ permil=‰ check=✓ star=☆ starf=★ loz=◊ spades=♠ clubs=♣ hearts=♥ diams=♦ num=# colon=: comma=, period=. lpar=( rpar=) lsqb=[ rsqb=] lcub={ rcub=} ' +
  'quest=? excl=! semi=; percnt=% dollar=$ ast=* plus=+ equals== sol=/ bsol=\\ lowbar=_ grave=` vert=| commat=@';

const NAMED: ReadonlyMap<string, string> = new Map([
  ...LATIN_1.split(' ').map((name, index) => [name, String.fromCharCode(160 + index)] as const),
  ...GREEK.flatMap((name, index) => [
    [name, String.fromCharCode(945 + index)] as const,
    [`${name[0]?.toUpperCase()}${name.slice(1)}`, String.fromCharCode(913 + index)] as const,
  ]),
  ...OTHERS.split(' ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const),
  ['ensp', '\u2002'],
  ['emsp', '\u2003'],
  ['thinsp', '\u2009'],
  ['zwnj', '\u200c'],
  ['zwj', '\u200d'],
]);
