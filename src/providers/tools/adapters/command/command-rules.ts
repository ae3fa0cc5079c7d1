/** Which command names may run: denied patterns → deny list → allow list (TOOL-30). */
import { realpathSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { DENIED_COMMANDS, HARMLESS_BUILTINS, LOADERS, OPAQUE_RUNNERS, OTHER_SHELLS, SAME_AS_DENIED } from './command-names.js';
import type { CommandPolicy } from './command-policy.js';
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

export interface CommandRules {
  /** The command's plain name, and that of the program which its path leads to. @throws AppError `TOOL_COMMAND_REFUSED` */
  checkName(word: KnownWord): readonly string[];
  /** A function of this name may be made. */
  checkFunction(name: string): void;
  /** The configuration's allow list has it: somebody decided that it may run whatever it runs. */
  isListed(name: string): boolean;
}

export function createCommandRules(policy: CommandPolicy): CommandRules {
  const denied = new Set([...DENIED_COMMANDS, ...policy.deniedCommands].map(plain));
  const allowed = new Set(policy.allowedCommands);
  const isExclusive = policy.denyByDefault || policy.allowedCommands.length > 0;

  const findDenied = (name: string): string | undefined => {
    const family = name.startsWith('mkfs.') ? 'mkfs' : Object.hasOwn(SAME_AS_DENIED, name) ? (SAME_AS_DENIED[name] as string) : name;
    return denied.has(name) ? name : denied.has(family) ? family : undefined;
  };
  const checkDenied = (name: string, shown: string): void => {
    const match = findDenied(plain(name));
    if (match !== undefined) throw refuse(`'${shown}' is denied${match === shown ? '' : ` as '${match}' is`}`);
  };
  return {
    checkName(word) {
      const { text, source } = word;
      if (text === undefined) throw refuse(`which command runs cannot be told: ${source.slice(0, 80)}`);
      if (text === '' || source.startsWith('~')) throw refuse(`which command runs cannot be told: ${source.slice(0, 80) || "''"}`);
      const name = basename(text);
      checkDenied(name, name);
      const real = text.includes('/') ? basename(findRealPath(text, policy)) : name;
      checkDenied(real, text);
      if (isExclusive && !HARMLESS_BUILTINS.includes(text) && !isAllowed(text, allowed, policy))
        throw refuse(
          `'${text}' is not in the list of allowed commands${allowed.size === 0 ? ', which is empty' : `: ${[...allowed].join(', ')}`}`,
        );
      const names = MULTI_CALL.includes(real) ? [plain(name)] : [...new Set([plain(name), plain(real)])];
      const opaque = names.find((own) => OPAQUE_RUNNERS.includes(own) || LOADERS.test(own) || OTHER_SHELLS.test(own));
      if (opaque !== undefined && !allowed.has(name)) throw refuse(`'${opaque}' runs what cannot be looked at here`);
      return names;
    },
    checkFunction(name) {
      checkDenied(name, name);
      if (isExclusive) throw refuse('functions cannot be made where only listed commands may run');
    },
    isListed: (name) => allowed.has(name),
  };
}

/** By its name as the search path finds it, or by the very path. */
function isAllowed(text: string, allowed: ReadonlySet<string>, { searchPath }: CommandPolicy): boolean {
  if (allowed.has(text)) return true;
  if (!isAbsolute(text)) return false;
  return allowed.has(basename(text)) && searchPath.some((folder) => join(folder, basename(text)) === text);
}

/** Small letters: some file systems do not tell them from capitals. */
function plain(name: string): string {
  return name.toLowerCase();
}

/** A program by its path may be a link to another one. @throws AppError `TOOL_COMMAND_REFUSED` when it is not there yet */
function findRealPath(text: string, { folder }: CommandPolicy): string {
  try {
    return realpathSync(isAbsolute(text) ? text : join(folder, text));
  } catch {
    // Whatever the reason is: what would run then is not what can be looked at now.
    throw refuse(`the program '${text}' is not there, so that it cannot be looked at`);
  }
}

/** One program under many names: what it does follows from the name. */
const MULTI_CALL: readonly string[] = ['busybox', 'toybox', 'coreutils'];
