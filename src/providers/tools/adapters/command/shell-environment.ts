import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { AppError } from '../../../../base/errors.js';
import { type Environment, processEnvironment } from '../../../../config/environment.js';

const INHERITED = ['HOME', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'];
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

export interface ShellEnvironment {
  readonly shell: string;
  readonly searchPath: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * What commands see: a few variables of this process, none of its secrets, and those that the configuration names. Folders of programs
 * are absolute and not inside the tool's own folder, which the model can write.
 * @throws AppError `TOOL_FAILED` when there is no bash
 */
export function createShellEnvironment(root: string, names: readonly string[], from: Environment = processEnvironment()): ShellEnvironment {
  const searchPath = (from.PATH ?? DEFAULT_PATH)
    .split(':')
    .filter((folder) => isAbsolute(folder) && folder !== root && !folder.startsWith(`${root}/`));
  const shell = [...searchPath, ...DEFAULT_PATH.split(':')].map((folder) => join(folder, 'bash')).find((path) => existsSync(path));
  if (shell === undefined)
    throw new AppError('TOOL_FAILED', { message: "commands need 'bash', and it is in no folder of PATH; install it" });
  const wanted = [...INHERITED, ...Object.keys(from).filter((name) => name.startsWith('LC_')), ...names];
  const inherited = wanted.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]] as const]));
  return {
    shell,
    searchPath,
    variables: {
      ...Object.fromEntries(inherited),
      PATH: searchPath.join(':'),
      TERM: 'dumb',
      PAGER: 'cat',
      GIT_PAGER: 'cat',
      GIT_TERMINAL_PROMPT: '0',
    },
  };
}
