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
    found = found.flatMap((path) =>
      listNames(path)
        .filter((name) => fits(component, name))
        .map((name) => join(path, name)),
    );
    if (found.length > MAX_FOUND) throw refuse(`'${pattern.slice(0, 80)}' fits more files than can be looked at`);
  }
  return found;
}

/**
 * A bracket may have any letter in it, and `**` any folder of one level: what is deeper goes through no link. One pass with one place to go
 * back to, as names and patterns are the model's and an expression tries every way to share a name among its stars.
 */
function fits(pattern: string, name: string): boolean {
  const signs = pattern.match(/\[[^\]]*\]?|[^[]/gs) ?? [];
  let sign = 0;
  let letter = 0;
  /** Behind the last star, and the letters that it has taken so far. */
  let back: { sign: number; letter: number } | undefined;
  while (letter < name.length) {
    const wanted = signs[sign];
    if (wanted === '*') {
      sign += 1;
      back = { sign, letter };
    } else if (wanted !== undefined && (wanted === '?' || wanted[0] === '[' || wanted === name[letter])) {
      sign += 1;
      letter += 1;
    } else if (back !== undefined) {
      back.letter += 1;
      ({ sign, letter } = back);
    } else return false;
  }
  return signs.slice(sign).every((left) => left === '*');
}

function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // No folder: nothing in it.
    return [];
  }
}
