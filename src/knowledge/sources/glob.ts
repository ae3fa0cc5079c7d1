/**
 * Globs for paths with `/` between their parts: `*`, `**`, `?`, `[…]`, `{a,b}`.
 *
 * A pattern without `/` is about any part's name at any depth (`node_modules`, `*.md`); one with `/` is about the path
 * from the root of the source.
 */
import { AppError } from '../../base/errors.js';

export interface GlobMatcher {
  /** A file's or folder's own path fits. */
  matches(path: string): boolean;
}

export function createGlobMatcher(patterns: readonly string[]): GlobMatcher {
  const names: RegExp[] = [];
  const paths: RegExp[] = [];
  for (const pattern of patterns) {
    const trimmed = pattern.replace(/^\.?\//, '').replace(/\/$/, '');
    if (trimmed === '') continue;
    if (trimmed.includes('/')) {
      paths.push(globToRegExp(trimmed));
      // `build/**` is about everything below, so the folder itself need not be opened.
      if (trimmed.endsWith('/**')) paths.push(globToRegExp(trimmed.slice(0, -3)));
    } else names.push(globToRegExp(trimmed));
  }
  return {
    matches(path) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      return names.some((expression) => expression.test(name)) || paths.some((expression) => expression.test(path));
    },
  };
}

function globToRegExp(pattern: string): RegExp {
  let source = '';
  let braces = 0;
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern[at] as string;
    if (sign === '*' && pattern[at + 1] === '*') {
      const wholePart = (at === 0 || pattern[at - 1] === '/') && pattern[at + 2] === '/';
      source += wholePart ? '(?:[^/]+/)*' : '.*';
      at += wholePart ? 2 : 1;
    } else if (sign === '*') source += '[^/]*';
    else if (sign === '?') source += '[^/]';
    else if (sign === '[' && pattern.indexOf(']', at + 2) !== -1) {
      const end = pattern.indexOf(']', at + 2);
      source += `[${pattern
        .slice(at + 1, end)
        .replace(/^!/, '^')
        .replace(/[\\[]/g, '\\$&')}]`;
      at = end;
    } else if (sign === '{' && pattern.indexOf('}', at) !== -1) {
      source += '(?:';
      braces += 1;
    } else if (sign === '}' && braces > 0) {
      source += ')';
      braces -= 1;
    } else if (sign === ',' && braces > 0) source += '|';
    else source += sign.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', { message: `'${pattern}' is not a glob: use *, **, ?, [abc], {a,b}`, cause });
  }
}
