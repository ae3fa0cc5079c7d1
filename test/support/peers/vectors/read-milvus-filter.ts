/** As much of Milvus's expressions as one may need: `and`, `or`, comparisons, `in`, `like 'x%'`, brackets. */
import { Refusal } from './vector-peer.js';

type Matches = (fields: Readonly<Record<string, unknown>>) => boolean;

export function readMilvusFilter(source: string, schema: ReadonlySet<string>): Matches {
  const tokens = source.match(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[_A-Za-z]\w*|==|!=|>=|<=|[()[\],<>]|\S/g) ?? [];
  let at = 0;
  const next = () => tokens[at++] ?? '';
  const fail = (found: string): never => {
    throw new Refusal(1_100, `failed to create query plan: cannot parse expression: ${source}, error: unexpected ${found}`);
  };

  function either(): Matches {
    const parts = [both()];
    while (tokens[at] === 'or') {
      at += 1;
      parts.push(both());
    }
    return (fields) => parts.some((matches) => matches(fields));
  }

  function both(): Matches {
    const parts = [one()];
    while (tokens[at] === 'and') {
      at += 1;
      parts.push(one());
    }
    return (fields) => parts.every((matches) => matches(fields));
  }

  function one(): Matches {
    const field = next();
    if (field === '(') {
      const inner = either();
      if (next() !== ')') fail('(');
      return inner;
    }
    if (!/^[_A-Za-z]\w*$/.test(field)) fail(field);
    const operator = next();
    if (operator === 'in') {
      const values = literals();
      return (fields) => values.includes(fields[field]);
    }
    const wanted = literal(next());
    if (operator === 'like') {
      if (typeof wanted !== 'string' || !/^[^%_]+%$/.test(wanted)) return fail(String(wanted));
      return (fields) => String(fields[field]).startsWith(wanted.slice(0, -1));
    }
    // Fields of the schema have types; what is in the dynamic field is what it is.
    if (schema.has(field) && typeof wanted === 'boolean') fail(field);
    const compare = COMPARE[operator] ?? fail(operator);
    return (fields) => typeof fields[field] === typeof wanted && compare(fields[field] as never, wanted as never);
  }

  function literals(): unknown[] {
    if (next() !== '[') fail('[');
    const found: unknown[] = [];
    for (let token = next(); token !== ']'; token = next()) if (token !== ',') found.push(literal(token));
    return found;
  }

  function literal(token: string): unknown {
    return /^["\d-]/.test(token) || token === 'true' || token === 'false' ? JSON.parse(token) : fail(token);
  }

  if (tokens.length === 0) return () => true;
  const found = either();
  if (at !== tokens.length) fail(tokens[at] ?? '');
  return found;
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
};
