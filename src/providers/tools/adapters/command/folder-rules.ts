/**
 * Paths in a command line lead nowhere but into the working directory (TOOL-32, TOOL-34).
 *
 * 1. A relative path is looked at from every folder that the line may be in: where it starts, and where any `cd` of it leads, in any
 *    order and any number of times, as functions and loops go.
 * 2. Links are followed as far as they exist, those to what is not there among them.
 */
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { CommandPolicy } from './command-policy.js';
import { expandPattern, isPlainPattern } from './expand-pattern.js';
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

export interface FolderRules {
  /** `cd` and `pushd`. */
  checkChange(name: string, args: readonly KnownWord[]): void;
  checkRedirection(target: KnownWord, operator: string): void;
  /** A path that stands in the line, or what may be one; `what` names it for the reader. */
  checkPath(what: string, path: KnownWord): void;
}

const SAFE_DEVICES = /^\/dev\/(null|zero|full|random|urandom|stdin|stdout|stderr|fd\/\d+)$/;
const MAX_FOLDERS = 32;
const MAX_LINKS = 40;
/** What Linux takes at most; a longer one would be walked up for seconds, name by name. */
const MAX_PATH_BYTES = 4_096;
/** Paths times folders, each some microseconds of this process's only thread. */
const MAX_CHECKS = 10_000;

export function createFolderRules({ root, folder }: CommandPolicy): FolderRules {
  const folders = new Set([folder]);
  const changes: string[] = [];
  const seen = new Map<string, string>();
  const patterns = new Map<string, string>();
  const findReal = memoize(resolveReal);
  const isInside = (path: string): boolean => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

  let checks = 0;
  const checkFrom = (from: string, what: string, text: string): void => {
    checks += 1;
    if (checks > MAX_CHECKS) throw refuse('it names more paths than can be looked at');
    if (text.length > MAX_PATH_BYTES) throw refuse(`${what} is too long for a path: ${text.length} characters`);
    const path = resolve(from, text);
    if (!isInside(path) || !isInside(findReal(path))) throw refuse(`${what} is outside of the working directory: ${text.slice(0, 80)}`);
  };
  const checkText = (what: string, text: string): void => {
    if (seen.has(text)) return;
    for (const from of folders) checkFrom(from, what, text);
    seen.set(text, what);
  };
  const checkPatternFrom = (from: string, what: string, pattern: string): void => {
    for (const path of expandPattern(from, pattern)) checkFrom(from, what, path);
  };
  const checkPattern = (what: string, pattern: string): void => {
    for (const from of folders) checkPatternFrom(from, what, pattern);
    patterns.set(pattern, what);
  };
  const enter = (from: string): void => {
    if (folders.has(from)) return;
    if (folders.size >= MAX_FOLDERS) throw refuse('it changes its folder in more ways than can be looked at');
    folders.add(from);
    for (const [text, what] of seen) checkFrom(from, what, text);
    for (const [pattern, what] of patterns) checkPatternFrom(from, what, pattern);
    // What is below a folder that is not there yet is not there either, and goes through no link.
    if (existsSync(from)) for (const change of changes) enter(findReal(resolve(from, change)));
  };
  const checkKnown = (what: string, { text, source }: KnownWord): string => {
    if (text === undefined) throw refuse(`${what} cannot be told: ${source.slice(0, 80)}`);
    if (source.startsWith('~')) throw refuse(`${what} is outside of the working directory: ${source.slice(0, 80)}`);
    checkText(what, text);
    return text;
  };
  return {
    checkChange(name, args) {
      const [target, ...more] = args.filter(({ text }) => text === undefined || !/^-[LPe@n]*$/.test(text) || text === '-');
      if (target === undefined || more.length > 0 || target.text === '-' || (name === 'pushd' && /^[-+]\d+$/.test(target.text ?? '')))
        throw refuse(`where '${name}' goes cannot be told`);
      const change = checkKnown(`where '${name}' goes`, target);
      changes.push(change);
      for (const from of [...folders]) enter(findReal(resolve(from, change)));
    },
    checkRedirection(target, operator) {
      if (target.text !== undefined && SAFE_DEVICES.test(target.text)) return;
      if (target.text !== undefined && /^\/dev\/(tcp|udp)\//.test(target.text))
        throw refuse(`${target.text} is a connection to another machine`);
      checkKnown(operator === '<' ? 'what is read' : 'what is written', target);
    },
    checkPath(what, path) {
      if (path.text === undefined) {
        checkUnknown(what, path, checkText);
        if (isPlainPattern(path.source)) checkPattern(what, path.source);
      } else if (!SAFE_DEVICES.test(path.text)) checkKnown(what, path);
    },
  };
}

/** A variable's value cannot be told; most hold names of files inside, and refusing them all would leave little to do. */
function checkUnknown(what: string, { source }: KnownWord, checkText: (what: string, text: string) => void): void {
  // They hold paths outside, and so may a part of one; a part of the working directory's own is a folder above it.
  const isOutside = /\$\{?[#!]?(HOME|OLDPWD|BASH|BASH_SOURCE|SHELL|PATH|DIRSTACK|TMPDIR|_|0)(?!\w)|\$\{PWD[^}]/.test(source);
  const leadsOut = isOutside || /^["']?[/~]|(?:^|[/{,"'=:@-])\.\.(?:[/},"']|$)|[{,=:@]["']?[/~]|\$\{\w+:?[-=+?]["']?[/~]/.test(source);
  if (leadsOut) throw refuse(`${what} may be outside of the working directory: ${source.slice(0, 80)}`);
  const [start = ''] = /^[\w./-]*\//.exec(source) ?? [];
  if (start !== '') checkText(what, start);
  // Behind a variable, a pattern may fit any link.
  if (!isPlainPattern(source) && hasFolderPattern(source.replaceAll(/\$\{[^}$]{0,500}\}|\$\([^)$]{0,500}\)/g, '')))
    throw refuse(`${what} cannot be told: ${source.slice(0, 80)}`);
}

/** A pattern that a `/` follows. */
function hasFolderPattern(text: string): boolean {
  const pattern = text.search(/[*?[]/);
  return pattern !== -1 && text.includes('/', pattern);
}

/** The path with links resolved as far as it exists. @throws AppError `TOOL_COMMAND_REFUSED` for links that lead nowhere */
function resolveReal(path: string): string {
  let links = 0;
  const missing: string[] = [];
  for (let at = path; ; ) {
    try {
      return join(realpathSync(at), ...missing);
    } catch {
      // Not there: what it will be lies below the first folder that is, or where the link says.
      const target = findLink(at);
      if (target !== undefined) {
        links += 1;
        if (links > MAX_LINKS) throw refuse(`it goes through too many links: ${path.slice(0, 80)}`);
        at = resolve(dirname(at), target);
        continue;
      }
      if (dirname(at) === at || !isAbsolute(at)) return path;
      missing.unshift(basename(at));
      at = dirname(at);
    }
  }
}

function findLink(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    // Not there, or behind a file: no link.
    return undefined;
  }
}

function memoize(read: (path: string) => string): (path: string) => string {
  const known = new Map<string, string>();
  return (path) => {
    const found = known.get(path) ?? read(path);
    known.set(path, found);
    return found;
  };
}
