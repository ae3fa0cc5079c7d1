import ts from 'typescript';

export interface FoundExpression {
  readonly file: string;
  readonly line: number;
  /** Of an expression that is put together: the code that does it, when its parts are not constants of its file. */
  readonly expression: RegExp | string;
}

/** Every regular expression of a file: those that stand there, and those that are made of constants of the file. */
export function listExpressions(file: string, text: string): FoundExpression[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const constants = readConstants(source);
  const found: FoundExpression[] = [];
  const visit = (node: ts.Node): void => {
    const expression = expressionOf(node, constants);
    if (expression !== undefined)
      found.push({ file, line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, expression });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function expressionOf(node: ts.Node, constants: ReadonlyMap<string, string>): RegExp | string | undefined {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf('/');
    return new RegExp(node.text.slice(1, end), node.text.slice(end + 1));
  }
  if (!(ts.isNewExpression(node) || ts.isCallExpression(node)) || node.expression.getText() !== 'RegExp') return undefined;
  const [pattern, flags] = (node.arguments ?? []).map((argument) => textOfNode(argument, constants));
  return pattern === undefined ? node.getText() : new RegExp(pattern, flags);
}

function readConstants(source: ts.SourceFile): ReadonlyMap<string, string> {
  const constants = new Map<string, string>();
  // Twice: a constant may stand below those that it is part of.
  for (let round = 0; round < 2; round++)
    for (const statement of source.statements.filter(ts.isVariableStatement))
      for (const { name, initializer } of statement.declarationList.declarations) {
        const value = initializer === undefined ? undefined : textOfNode(initializer, constants);
        if (value !== undefined) constants.set(name.getText(), value);
      }
  return constants;
}

function textOfNode(node: ts.Expression, constants: ReadonlyMap<string, string>): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) return constants.get(node.text);
  if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'String.raw' && ts.isNoSubstitutionTemplateLiteral(node.template))
    return node.template.rawText;
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) return joined([node.left, node.right], constants);
  if (!ts.isTemplateExpression(node)) return undefined;
  const rest = node.templateSpans.flatMap(({ expression, literal }) => [textOfNode(expression, constants), literal.text]);
  return rest.includes(undefined) ? undefined : node.head.text + rest.join('');
}

function joined(parts: readonly ts.Expression[], constants: ReadonlyMap<string, string>): string | undefined {
  const values = parts.map((part) => textOfNode(part, constants));
  return values.includes(undefined) ? undefined : values.join('');
}
