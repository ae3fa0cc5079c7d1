/** What a pattern of file names may fit: at least all that bash finds. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { refuse } from './refusal.js';

const MAX_FOUND = 5_000;

/** Words of plain letters and `*`, `?`, `[…]`. */
export function isPlainPattern(source: string): boolean {
  return /^[\w./@%+,:*?[\]!^-]+$/.test(source) && /[*?[]/.test(source);
}

/** @throws AppError `TOOL_COMMAND_REFUSED` when it fits more than can be looked at */
export function expandPattern(from: string, pattern: string): readonly string[] {
  let found: readonly string[] = [pattern.startsWith('/') ? '/' : resolve(from)];
  for (const component of pattern.split('/').filter((part) => part !== '')) {
    if (!/[*?[]/.test(component)) {
      found = found.map((path) => join(path, component));
      continue;
    }
    const fits = toExpression(component);
    found = found.flatMap((path) =>
      listNames(path)
        .filter((name) => fits.test(name))
        .map((name) => join(path, name)),
    );
    if (found.length > MAX_FOUND) throw refuse(`'${pattern.slice(0, 80)}' fits more files than can be looked at`);
  }
  return found;
}

/** A bracket may have any letter in it, and `**` any folder of one level: what is deeper goes through no link. */
function toExpression(component: string): RegExp {
  const text = component.replaceAll(/\[[^\]]*\]?|[.+^$(){}|\\\]]|\*|\?/g, (part) =>
    part.startsWith('[') || part === '?' ? '.' : part === '*' ? '.*' : `\\${part}`,
  );
  return new RegExp(`^${text}$`, 's');
}

function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // No folder: nothing in it.
    return [];
  }
}
