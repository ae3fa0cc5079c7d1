import ts from 'typescript';

/** Rules a linter does not know, or must not be talked out of by a suppression comment. Returns `path:line: problem`. */
export function findSourceProblems(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const problems: string[] = [];
  const report = (node: ts.Node, problem: string) => {
    problems.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}: ${problem}`);
  };
  const visit = (node: ts.Node): void => {
    if (isProduct(path) && !path.startsWith('src/cli/') && isGlobal(node, 'console')) report(node, 'console outside src/cli');
    if (isProduct(path) && !path.startsWith('src/config/') && readsEnvironment(node)) report(node, 'process.env outside src/config');
    if (isProduct(path) && path !== 'src/base/scope.ts' && isImportOf(node, 'async_hooks'))
      report(node, 'async_hooks outside base/scope.ts');
    if (!path.startsWith('workers/threads/') && isDefaultExport(node)) report(node, 'default export');
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (path !== 'src/index.ts' && path.startsWith('src/') && isBarrel(file)) report(file, 'a file of re-exports only (barrel)');
  return [...problems, ...findLooseEnds(path, text)];
}

const isProduct = (path: string) => /^(src|workers)\//.test(path);

/** The global itself, not a property or a parameter that happens to carry its name. */
function isGlobal(node: ts.Node, name: string): boolean {
  if (!ts.isIdentifier(node) || node.text !== name) return false;
  const parent = node.parent;
  const isPropertyName = ts.isPropertyAccessExpression(parent) && parent.name === node;
  return !isPropertyName && !ts.isPropertyAssignment(parent) && !ts.isPropertySignature(parent) && !ts.isParameter(parent);
}

function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && isProcess(node.expression);
  if (ts.isElementAccessExpression(node)) return isProcess(node.expression) && node.argumentExpression.getText() === "'env'";
  if (ts.isVariableDeclaration(node) && node.initializer !== undefined && isProcess(node.initializer))
    return /\benv\b/.test(node.name.getText());
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier) && /^(node:)?process$/.test(node.moduleSpecifier.text)) {
    return /\benv\b/.test(node.importClause?.getText() ?? '');
  }
  return false;
}

/** Every further `AsyncLocalStorage` costs at each promise of the process. */
function isImportOf(node: ts.Node, module: string): boolean {
  if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return false;
  return node.moduleSpecifier.text.replace(/^node:/, '') === module;
}

const isProcess = (node: ts.Node) => /^(globalThis\.)?process$/.test(node.getText());

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false);
}

function isBarrel(file: ts.SourceFile): boolean {
  const isReexport = (statement: ts.Statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
  return file.statements.length > 0 && file.statements.every(isReexport);
}

/** Postponed work is an issue with a number, not a remark. */
function findLooseEnds(path: string, text: string): string[] {
  const problems: string[] = [];
  text.split('\n').forEach((line, index) => {
    if (/(\/\/|\/\*|^\s*\*).*\b(TODO|FIXME|XXX|HACK)\b(?!.*#\d+)/.test(line))
      problems.push(`${path}:${index + 1}: a loose end without an issue number`);
  });
  return problems;
}
