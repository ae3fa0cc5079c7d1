import t from 'tap';
import ts from 'typescript';
import { readProjectFiles } from './project.js';

/** Titles given twice in one file: a failure would not say which of the two it was. Computed titles are left out. */
function findRepeatedTitles(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const seen = new Set<string>();
  const problems: string[] = [];
  const visit = (node: ts.Node): void => {
    const title = findTitle(node);
    if (title !== undefined) {
      if (seen.has(title)) problems.push(`${path}: two tests are called "${title}"`);
      seen.add(title);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return problems;
}

function findTitle(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  if (node.expression.name.text !== 'test') return undefined;
  const [first] = node.arguments;
  return first !== undefined && ts.isStringLiteralLike(first) && node.arguments.length > 1 ? first.text : undefined;
}

t.test('a test title is given once per file', async (t) => {
  const problems = [...readProjectFiles(/^test\/.*\.ts$/)].flatMap(([path, text]) => findRepeatedTitles(path, text));
  t.same(problems, []);
});

t.test('a title given twice is found', async (t) => {
  const body = 'async (t) => t.pass()';
  t.match(findRepeatedTitles('a.test.ts', `t.test('a lost lease aborts', ${body}); t.test('a lost lease aborts', ${body});`), [
    /two tests/,
  ]);
  t.same(findRepeatedTitles('a.test.ts', `t.test('a lost lease aborts', ${body}); /x/.test('abc');`), []);
  t.same(findRepeatedTitles('a.test.ts', 't.test(`${name} starts`, run); t.test(`${name} starts`, run);'), []);
});
