/** What a query of Prometheus reads: names of series and the labels it asks of them. Enough of the language for what is shipped here. */

export interface QueryUse {
  readonly metric: string;
  readonly labels: readonly string[];
}

export interface QueryReading {
  readonly uses: readonly QueryUse[];
  /** Labels of `by (…)` and `without (…)`, which must be some metric's of the query. */
  readonly grouping: readonly string[];
}

/** @throws for what this reader does not know: it must not look right by being passed over. */
export function readQuery(query: string): QueryReading {
  const tokens = tokenize(query);
  const uses: QueryUse[] = [];
  const grouping: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as string;
    if (!/^[a-zA-Z_:]/.test(token)) continue;
    // Grafana's own: the values of a label of a series.
    if (token === 'label_values') {
      uses.push({ metric: tokens[index + 2] as string, labels: [tokens[index + 4] as string] });
      index += 5;
      continue;
    }
    if (token === 'by' || token === 'without') {
      const close = tokens.indexOf(')', index);
      grouping.push(...tokens.slice(index + 2, close).filter((name) => name !== ','));
      index = close;
    } else if (KEYWORDS.has(token)) {
    } else if (tokens[index + 1] === '(' || (FUNCTIONS.has(token) && tokens[index + 1] === 'by')) {
      if (!FUNCTIONS.has(token)) throw new Error(`'${token}' is no function that this reader knows: ${query}`);
    } else {
      const labels: string[] = [];
      if (tokens[index + 1] === '{') {
        const close = tokens.indexOf('}', index);
        for (let at = index + 2; at < close; at += 4) labels.push(tokens[at] as string);
        index = close;
      }
      uses.push({ metric: token, labels });
    }
  }
  if (uses.length === 0) throw new Error(`no series in: ${query}`);
  return { uses, grouping };
}

function tokenize(query: string): string[] {
  const tokens: string[] = [];
  const pattern = /\s+|(\[[^\]]*\])|("(?:[^"\\]|\\.)*")|([a-zA-Z_:][\w:]*)|(\d+(?:\.\d+)?)|(=~|!~|!=|==|>=|<=|[-+*/(){},=<>])/gy;
  let at = 0;
  while (at < query.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(query);
    if (match === null) throw new Error(`cannot be read at '${query.slice(at, at + 20)}': ${query}`);
    at = pattern.lastIndex;
    const [, range, text, name, number, operator] = match;
    const token = text ?? name ?? number ?? operator;
    if (range === undefined && token !== undefined) tokens.push(token);
  }
  return tokens;
}

const FUNCTIONS = new Set(['sum', 'max', 'min', 'avg', 'count', 'rate', 'increase', 'histogram_quantile']);
const KEYWORDS = new Set(['and', 'or', 'unless', 'on', 'ignoring', 'bool', 'offset']);
