import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { AppError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { checkNesting } from './check-nesting.js';
import type { Path } from './path.js';
import type { ConfigProblem, Locate } from './problem.js';

export interface ConfigText {
  readonly value: JsonObject;
  readonly locate: Locate;
}

/** Keys that name members every object has; a configuration has no use for them. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads YAML 1.2 or JSON (a subset of it). All syntax errors at once, with line, column and the lines around. */
export function parseConfigText(text: string, file: string): ConfigText {
  checkNesting(text, file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: true });
  const problems: ConfigProblem[] = [...document.errors, ...document.warnings].map((error) => {
    const at = lines.linePos(error.pos[0]);
    return {
      field: `line ${at.line}, column ${at.col}`,
      description: error.message.replace(/ at line \d+, column \d+:\n\n/, '\n').trimEnd(),
      line: at.line,
    };
  });
  if (problems.length === 0) problems.push(...findForbiddenKeys(document, lines));
  if (problems.length > 0) throw new AppError('CONFIG_SYNTAX', { message: `${file} is not valid YAML or JSON`, problems });
  keepWrittenForm(document);
  const value = toPlain(document, file);
  if (value === null || value === undefined) return { value: {}, locate: () => undefined };
  if (!isJsonObject(value)) {
    throw new AppError('CONFIG_SYNTAX', {
      message: `${file} holds ${Array.isArray(value) ? 'a list' : 'a single value'}; wanted a mapping of keys such as 'agents:' and 'llms:'`,
    });
  }
  return { value, locate: (path) => findLine(document, path, lines) };
}

/**
 * `0123` and `1.0` stay text as written: where text is wanted (a password, a version) no digit is lost, and where
 * a number is wanted weak typing reads it (CFG-05).
 */
function keepWrittenForm(document: Document): void {
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'number' && typeof node.value !== 'boolean') return;
      if (node.source !== undefined && String(node.value) !== node.source) node.value = node.source;
    },
  });
}

function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Aliases that multiply into more than the reader takes, or an alias to nothing.
    throw new AppError('CONFIG_SYNTAX', { message: `${file}: the anchors and aliases cannot be expanded`, cause: error });
  }
}

function findForbiddenKeys(document: Document, lines: LineCounter): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(document, {
    Pair(_key, pair) {
      if (!isScalar(pair.key) || !FORBIDDEN_KEYS.has(String(pair.key.value))) return;
      const at = lines.linePos(pair.key.range?.[0] ?? 0);
      problems.push({
        field: `line ${at.line}, column ${at.col}`,
        description: `the key '${String(pair.key.value)}' is not allowed; choose another name`,
        line: at.line,
      });
    },
  });
  return problems;
}

/** The line of the deepest part of `path` that the file holds. */
function findLine(document: Document, path: Path, lines: LineCounter): number | undefined {
  let node: Node | null = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    const target: unknown = isAlias(node) ? node.resolve(document) : node;
    if (isMap(target)) {
      const pair = target.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(target) && typeof part === 'number' && target.items[part] !== undefined) {
      node = target.items[part] as Node;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}
