/** Code stays as written; its functions and types become landmarks, found line by line and by indentation. */
import type { Landmark } from '../landmark.js';
import { type DefinitionPattern, findLanguage } from './code-languages.js';
import type { ExtractedText } from './extracted-text.js';

type Definition = Landmark & { readonly type: 'function' | 'type' };
interface Open {
  readonly type: Definition['type'];
  readonly at: number;
  readonly name: string;
  readonly indent: number;
}

export function extractCode(source: string, extension: string): ExtractedText {
  const patterns = findLanguage(extension);
  return patterns === undefined
    ? { text: source, title: '', form: 'code' }
    : { text: source, title: '', form: 'code', landmarks: findDefinitions(source, patterns) };
}

/** A definition ends before the next line that is indented as little as its first one, or with it when that line closes it. */
function findDefinitions(source: string, patterns: readonly DefinitionPattern[]): readonly Definition[] {
  const found: Definition[] = [];
  const open: Open[] = [];
  const closeTo = (indent: number, end: number) => {
    for (let last = open.at(-1); last !== undefined && last.indent >= indent; last = open.at(-1)) {
      open.pop();
      found.push({ type: last.type, at: last.at, end, name: last.name });
    }
  };
  let at = 0;
  /** Behind the last line that was not empty. */
  let filledTo = 0;
  while (at < source.length) {
    const newline = source.indexOf('\n', at);
    const end = newline === -1 ? source.length : newline;
    const line = source.slice(at, Math.min(end, at + MAX_LINE));
    const code = line.trimStart();
    if (code !== '') {
      const indent = indentOf(line);
      if (CLOSES.test(code)) closeTo(indent, Math.min(end + 1, source.length));
      else if (!GOES_ON.test(code)) closeTo(indent, filledTo);
      const definition = open.length < MAX_NESTED ? match(code, patterns, open) : undefined;
      if (definition !== undefined) open.push({ ...definition, at, indent });
      filledTo = Math.min(end + 1, source.length);
    }
    at = end + 1;
  }
  closeTo(0, filledTo);
  return found.sort((one, other) => one.at - other.at || other.end - one.end);
}

function match(code: string, patterns: readonly DefinitionPattern[], open: readonly Open[]): Pick<Open, 'type' | 'name'> | undefined {
  for (const { type, pattern, isMember } of patterns) {
    // What looks like a call, too, is a definition only right within a type.
    if (isMember === true && open.at(-1)?.type !== 'type') continue;
    const name = pattern.exec(code)?.[1];
    if (name !== undefined && !KEYWORDS.has(name)) return { type, name };
  }
  return undefined;
}

function indentOf(line: string): number {
  let columns = 0;
  for (const sign of line) {
    if (sign === ' ') columns += 1;
    else if (sign === '\t') columns += 4;
    else break;
  }
  return columns;
}

const CLOSES = /^(?:[})\]]+[;,)]*|end\b.{0,40})\s*(?:$|\/\/|--|#)/;
/** The rest of a head that takes several lines, labels, preprocessor lines and comments at the margin. */
const GOES_ON =
  /^(?:[{)\]}]|#(?:if|else|elif|endif|define|pragma|include)|where\b|else\b|catch\b|finally\b|rescue\b|ensure\b|\/\/|\/\*|\*)/;
const KEYWORDS: ReadonlySet<string> = new Set(
  'if for while switch catch return else do with function new await typeof throw yield in of sizeof using lock foreach when until unless'.split(
    ' ',
  ),
);
const MAX_LINE = 500;
const MAX_NESTED = 50;
