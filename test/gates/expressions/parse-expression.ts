/** As much of a regular expression's syntax as it takes to write texts that are hard for it. */
export type Node =
  | { readonly type: 'choice'; readonly options: readonly (readonly Node[])[] }
  | { readonly type: 'atom'; readonly source: string }
  /** Takes no characters. */
  | { readonly type: 'nothing' }
  | { readonly type: 'repeat'; readonly of: Node; readonly minimum: number; readonly maximum: number };

export function parseExpression(source: string): Node {
  let at = 0;

  const choice = (): Node => {
    const options: Node[][] = [[]];
    while (at < source.length && source[at] !== ')') {
      if (source[at] === '|') {
        at += 1;
        options.push([]);
      } else options.at(-1)?.push(repeated(atom()));
    }
    return { type: 'choice', options };
  };

  const atom = (): Node => {
    const rest = source.slice(at);
    const group = /^\((?:\?(?:<?[=!]|:|<\w+>))?/.exec(rest)?.[0];
    if (group !== undefined) {
      at += group.length;
      const inner = choice();
      at += 1;
      return /\(\?<?[=!]/.test(group) ? { type: 'nothing' } : inner;
    }
    const text =
      /^(?:\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\k<\w+>|\\[^])/i.exec(rest)?.[0] ??
      classAt(rest) ??
      (rest[0] as string);
    at += text.length;
    return /^(?:[\^$]|\\[bB1-9]|\\k<\w+>)$/.test(text) ? { type: 'nothing' } : { type: 'atom', source: text };
  };

  const repeated = (of: Node): Node => {
    const [sign, from = '', comma, to = ''] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(source.slice(at)) ?? [];
    if (sign === undefined) return of;
    at += sign.length;
    if (sign[0] !== '{')
      return { type: 'repeat', of, minimum: sign[0] === '+' ? 1 : 0, maximum: sign[0] === '?' ? 1 : Number.POSITIVE_INFINITY };
    return {
      type: 'repeat',
      of,
      minimum: Number(from),
      maximum: to !== '' ? Number(to) : comma === ',' ? Number.POSITIVE_INFINITY : Number(from),
    };
  };

  return choice();
}

/** A class with all that is in it, also classes, as the flag `v` has them. */
function classAt(text: string): string | undefined {
  if (text[0] !== '[') return undefined;
  let depth = 0;
  for (let end = 0; end < text.length; end++) {
    if (text[end] === '\\') end += 1;
    else if (text[end] === '[' && (end === 0 || text[end - 1] === '[' || text[end - 1] === '-')) depth += 1;
    else if (text[end] === ']') depth -= 1;
    if (depth <= 0) return text.slice(0, end + 1);
  }
  return undefined;
}
