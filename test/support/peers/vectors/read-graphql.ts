/** As much of GraphQL as Weaviate's queries have: nested fields with arguments. */
import { Refusal } from './vector-peer.js';

export interface GraphqlField {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly fields: readonly GraphqlField[];
}

export function readGraphql(source: string): readonly GraphqlField[] {
  const tokens = source.match(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[_A-Za-z]\w*|[{}()[\]:,]|\S/g) ?? [];
  let at = 0;
  const next = () => tokens[at++] ?? '';
  const expect = (token: string) => {
    const found = next();
    if (found !== token) throw new Refusal(422, `Syntax Error GraphQL: expected ${token}, found ${found}`);
  };

  function fields(): GraphqlField[] {
    const found: GraphqlField[] = [];
    expect('{');
    while (tokens[at] !== '}') {
      const name = next();
      if (!/^[_A-Za-z]/.test(name)) throw new Refusal(422, `Syntax Error GraphQL: unexpected ${name}`);
      found.push({ name, arguments: tokens[at] === '(' ? members('(', ')') : {}, fields: tokens[at] === '{' ? fields() : [] });
    }
    expect('}');
    return found;
  }

  function members(open: string, close: string): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    expect(open);
    while (tokens[at] !== close) {
      if (tokens[at] === ',') at += 1;
      const name = next();
      expect(':');
      found[name] = value();
    }
    expect(close);
    return found;
  }

  function value(): unknown {
    const token = tokens[at] ?? '';
    if (token === '{') return members('{', '}');
    at += 1;
    if (token === '[') {
      const found: unknown[] = [];
      while (tokens[at] !== ']') {
        if (tokens[at] === ',') at += 1;
        else found.push(value());
      }
      at += 1;
      return found;
    }
    if (/^["\d-]/.test(token) || token === 'true' || token === 'false') return JSON.parse(token);
    if (/^[A-Z]\w*$/.test(token)) return { enum: token };
    throw new Refusal(422, `Syntax Error GraphQL: unexpected ${token}`);
  }

  const found = fields();
  if (at !== tokens.length) throw new Refusal(422, 'Syntax Error GraphQL: text behind the query');
  return found;
}
