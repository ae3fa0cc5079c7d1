import { AppError } from '../../../../base/errors.js';

/** Whether a file's path fits a pattern of `*`, `**`, `?`, `[a-z]` and `{a,b}`. Without a slash the pattern is for its name alone. */
export function createGlob(pattern: string): (path: string) => boolean {
  const expression = compile(pattern);
  const isForName = !pattern.includes('/');
  return (path) => expression.test(isForName ? (path.split('/').at(-1) as string) : path);
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${toExpression(pattern.replace(/^\.?\//, ''))})$`);
  } catch (error) {
    throw new AppError('TOOL_ARGUMENTS_INVALID', {
      message: `file_pattern '${pattern}' cannot be read; its brackets and braces must be closed`,
      cause: error,
    });
  }
}

function toExpression(pattern: string): string {
  let depth = 0;
  return pattern.replaceAll(/\*\*\/|\*\*|\*|\?|\[\[?[^\][/]{1,200}\]|[{},]|[\\^$.|+()[\]]/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token === '{') {
      depth += 1;
      return '(?:';
    }
    if (token === '}') return depth-- > 0 ? ')' : '\\}';
    if (token === ',') return depth > 0 ? '|' : ',';
    if (token.length > 1) return token.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return `\\${token}`;
  });
}
