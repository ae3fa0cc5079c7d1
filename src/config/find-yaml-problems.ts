import { type Document, isAlias, isNode, isPair, isScalar, type LineCounter, type Node, visit, type YAMLError } from 'yaml';
import type { ConfigProblem } from './problem.js';

/** Keys that name members every object has; a configuration has no use for them. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** What the parser found wrong or, when that is nothing, what it accepts and we do not; all at once, each with its place. */
export function findYamlProblems(document: Document, lines: LineCounter): ConfigProblem[] {
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return errors.map((error) => problemAt(lines, error.pos[0], describeYamlError(error)));
  const problems: ConfigProblem[] = [];
  // Visited in the order of the text, as anchors are bound: an alias means the last node of its name that began before it.
  const anchored = new Map<string, Node>();
  visit(document, (_key, node, path) => {
    if (isPair(node) && isScalar(node.key) && FORBIDDEN_KEYS.has(String(node.key.value))) {
      const name = String(node.key.value);
      problems.push(problemAt(lines, node.key.range?.[0], `the key '${name}' is not allowed; choose another name`));
    }
    if (isAlias(node)) {
      const target = anchored.get(node.source);
      if (target !== undefined && path.includes(target)) {
        const description = `the alias *${node.source} stands inside what &${node.source} marks and would repeat it without end; write the value out here`;
        problems.push(problemAt(lines, node.range?.[0], description));
      }
    } else if (isNode(node) && node.anchor !== undefined) anchored.set(node.anchor, node);
  });
  return problems;
}

function problemAt(lines: LineCounter, offset: number | undefined, description: string): ConfigProblem {
  const at = lines.linePos(offset ?? 0);
  return { field: `line ${at.line}, column ${at.col}`, description, line: at.line };
}

function describeYamlError({ code, message }: YAMLError): string {
  const [text, ...excerpt] = message.split(/ at line \d+, column \d+:\n/);
  // The parser's own words name a function to call.
  const words =
    code === 'MULTIPLE_DOCS' ? "a file holds one document; remove this '---' and what follows, or put it into another file" : text;
  return [words, ...excerpt.map((lines) => lines.replace(/^\n/, ''))].join('\n').trimEnd();
}
