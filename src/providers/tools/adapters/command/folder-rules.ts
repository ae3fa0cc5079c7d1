/** Paths in a command line: redirections, changes of folder and what writing programs are told to write stay inside (TOOL-32, TOOL-34). */
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { CommandPolicy } from './command-policy.js';
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

export interface FolderRules {
  /** `cd` and `pushd`. */
  checkChange(name: string, args: readonly KnownWord[]): void;
  checkRedirection(target: KnownWord, operator: string): void;
  /** A path that a program is told to write. */
  checkWritten(program: string, path: KnownWord): void;
}

const SAFE_DEVICES = /^\/dev\/(null|zero|full|random|urandom|stdin|stdout|stderr|fd\/\d+)$/;

export function createFolderRules({ root, folder }: CommandPolicy): FolderRules {
  /** After a change of folder, a relative path may start anywhere inside: going up is refused then. */
  let hasMoved = false;
  const isInside = (path: string): boolean => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
  const check = (what: string, { text, source }: KnownWord): void => {
    if (text === undefined) throw refuse(`${what} cannot be told: ${source.slice(0, 80)}`);
    if (source.startsWith('~')) throw refuse(`${what} is outside of the working directory: ${source}`);
    if (hasMoved && text.split('/').includes('..')) throw refuse(`${what} goes up after a change of folder: ${text}`);
    const path = resolve(folder, text);
    if (!isInside(path) || !isInside(resolveReal(path))) throw refuse(`${what} is outside of the working directory: ${text}`);
  };
  return {
    checkChange(name, args) {
      const [target, ...more] = args.filter(({ text }) => text === undefined || !/^-[LPe@n]*$/.test(text) || text === '-');
      if (target === undefined || more.length > 0 || target.text === '-' || (name === 'pushd' && /^[-+]\d+$/.test(target.text ?? '')))
        throw refuse(`where '${name}' goes cannot be told`);
      check(`where '${name}' goes`, target);
      hasMoved = true;
    },
    checkRedirection(target, operator) {
      if (target.text !== undefined && SAFE_DEVICES.test(target.text)) return;
      if (target.text !== undefined && /^\/dev\/(tcp|udp)\//.test(target.text))
        throw refuse(`${target.text} is a connection to another machine`);
      check(operator === '<' ? 'what is read' : 'what is written', target);
    },
    checkWritten(program, path) {
      if (path.text !== undefined && SAFE_DEVICES.test(path.text)) return;
      if (path.text === undefined) {
        // A variable's value cannot be told; most hold names of files inside, and refusing them all would leave little to do.
        const { source } = path;
        if (/^["']?[/~]|^["']?\$\{?(HOME|OLDPWD)\b|(?:^|[/{,"'])\.\.(?:[/},"']|$)|[{,]["']?\//.test(source))
          throw refuse(`what '${program}' writes may be outside of the working directory: ${source}`);
        const [start = ''] = /^[\w./-]*\//.exec(source) ?? [];
        if (start !== '') check(`what '${program}' writes`, { text: start, isSingle: true, source: start });
        // A pattern may fit a link.
        if (/[*?[].*\//.test(source)) throw refuse(`what '${program}' writes cannot be told: ${source}`);
        return;
      }
      check(`what '${program}' writes`, path);
    },
  };
}

/** The path with links resolved as far as it exists. */
function resolveReal(path: string): string {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...missing);
    } catch {
      // Not there: what it will be lies below the first folder that is.
      if (dirname(at) === at || !isAbsolute(at)) return path;
      missing.unshift(basename(at));
    }
  }
}
