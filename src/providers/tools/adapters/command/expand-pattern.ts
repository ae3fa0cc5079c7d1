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
        .filter((name) => mayFit(component, name))
        .map((name) => join(path, name)),
    );
    if (found.length > MAX_FOUND) throw refuse(`'${pattern.slice(0, 80)}' fits more files than can be looked at`);
  }
  return found;
}

/**
 * A bracket may be any letter, and `**` any folder of one level: what is deeper goes through no link. Steps, not a regular expression:
 * one with many stars takes hours for a name of 200 letters, and whoever writes the line can make that file.
 */
function mayFit(pattern: string, name: string): boolean {
  const parts = pattern.match(/\[[^\]]*\]?|[\s\S]/g) ?? [];
  let [part, letter, star, retry] = [0, 0, -1, 0];
  while (letter < name.length) {
    const wanted = parts[part];
    if (wanted === '*') {
      star = part++;
      retry = letter;
    } else if (wanted === '?' || wanted?.startsWith('[') || wanted === name[letter]) {
      part += 1;
      letter += 1;
    } else if (star !== -1) {
      part = star + 1;
      letter = ++retry;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === '*');
}

function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // No folder: nothing in it.
    return [];
  }
}
