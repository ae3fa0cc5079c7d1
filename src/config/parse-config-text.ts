import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { AppError } from '../base/errors.js';
import { isJsonObject, type JsonObject } from '../base/json.js';
import { checkNesting } from './check-nesting.js';
import { configSchema } from './config-schema.js';
import { findJsonError } from './find-json-error.js';
import { findYamlProblems } from './find-yaml-problems.js';
import type { Path } from './path.js';
import type { ConfigProblem, Locate } from './problem.js';
import type { SchemaNode } from './schema-builder.js';

export interface ConfigText {
  readonly value: JsonObject;
  readonly locate: Locate;
}

/** Reads YAML 1.2 or, from a file so named, JSON. All syntax errors at once, with line, column and the lines around. */
export function parseConfigText(text: string, file: string): ConfigText {
  checkNesting(text, file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: true });
  if (file.endsWith('.json')) checkJson(text, file, lines);
  const problems = findYamlProblems(document, lines);
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
 * a number is wanted weak typing reads it (CFG-05). Below keys whose content the schema leaves open nobody wants anything: there they are
 * what YAML says.
 */
function keepWrittenForm(document: Document): void {
  visit(document, {
    Pair(_key, pair, ancestors) {
      const keys = [...ancestors, pair].filter(isPair).map(({ key }) => (isScalar(key) ? String(key.value) : ''));
      return isFreeForm(configSchema, keys) ? visit.SKIP : undefined;
    },
    Scalar(_key, node) {
      if (typeof node.value !== 'number' && typeof node.value !== 'boolean') return;
      if (node.source !== undefined && String(node.value) !== node.source) node.value = node.source;
    },
  });
}

/** @param keys places in lists left out */
function isFreeForm(schema: SchemaNode | undefined, keys: readonly string[]): boolean {
  if (schema?.type === 'array') return isFreeForm(schema.items, keys);
  if (schema === undefined) return false;
  const [key, ...rest] = keys;
  const inner = schema.additionalProperties;
  if (key === undefined) return inner !== undefined && inner !== false && inner.type === undefined && schema.properties === undefined;
  const own = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  return isFreeForm(own ?? (inner === false ? undefined : inner), rest);
}

function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Aliases that multiply into more than the reader takes, or an alias to nothing.
    throw new AppError('CONFIG_SYNTAX', { message: `${file}: the anchors and aliases cannot be expanded`, cause: error });
  }
}

/** JSON is read by the YAML parser, which knows lines, but must be JSON: other readers of the file take nothing else. */
function checkJson(text: string, file: string, lines: LineCounter): void {
  const error = findJsonError(text);
  if (error === undefined) return;
  const at = lines.linePos(error.offset);
  const problem: ConfigProblem = { field: `line ${at.line}, column ${at.col}`, description: error.description, line: at.line };
  throw new AppError('CONFIG_SYNTAX', { message: `${file} is not valid JSON`, problems: [problem] });
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
