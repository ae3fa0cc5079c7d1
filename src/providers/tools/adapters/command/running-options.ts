/** Options and words by which programs run other programs. Any beginning of a long option counts: most programs take it for the whole. */
import type { KnownWord } from './read-word.js';

interface RunningOptions {
  /** Letters of short options, wherever in a cluster they stand. */
  readonly letters?: string;
  /** Letters with a value: what follows in the word is it, and no letter. */
  readonly values?: string;
  readonly long?: readonly string[];
  /** Long options that are the beginning of one of those, and mean no harm. */
  readonly harmless?: readonly string[];
  /** Words of other forms. */
  readonly words?: RegExp;
  /** The first word is a cluster without its dash. */
  readonly isOldStyle?: true;
}

const MAKE: RunningOptions = {
  letters: 'E',
  values: 'CfIloW',
  long: ['eval'],
  // A variable's value is expanded as a makefile is.
  words: /^(SHELL|MAKEFLAGS|GNUMAKEFLAGS|MAKEFILES|\.SHELLFLAGS)\s*[:+?!]*=|\$[({]|!=/,
};
const FIND: RunningOptions = { letters: 'xX', values: 'detEScjo', long: ['exec', 'exec-batch'] };
const COMPILER: RunningOptions = { words: /^(-wrapper|-fplugin|-fpass-plugin|-load|-B|--?specs|-plugin|@)/ };

const RUNNING: Readonly<Record<string, RunningOptions>> = {
  tar: {
    letters: 'IF',
    values: 'fCbgHKLNTVX',
    long: ['checkpoint-action', 'to-command', 'use-compress-program', 'rsh-command', 'rmt-command', 'info-script', 'new-volume-script'],
    harmless: ['checkpoint'],
    isOldStyle: true,
  },
  bsdtar: { long: ['use-compress-program'] },
  sort: { long: ['compress-program'] },
  split: { long: ['filter'] },
  rsync: { letters: 'e', values: 'BTfM', long: ['rsh', 'rsync-path', 'daemon'] },
  zip: { long: ['unzip-command'], words: /^-[a-zA-Z]*TT/ },
  man: { letters: 'PH', long: ['pager', 'html'] },
  scp: { letters: 'oSFD' },
  sftp: { letters: 'oSFDb' },
  rg: { long: ['pre', 'hostname-bin'] },
  fd: FIND,
  fdfind: FIND,
  bat: { long: ['pager'] },
  ag: { long: ['pager'] },
  make: MAKE,
  gmake: MAKE,
  npm: {
    letters: 'c',
    long: ['script-shell', 'node-options', 'call'],
    words: /^(script-shell|node-options|editor|shell|git|viewer|browser)(=|$)/,
  },
  wget: { letters: 'e', values: 'aoUPQTtwBiADRlOX', long: ['use-askpass', 'execute', 'config'] },
  curl: {
    letters: 'K',
    values: 'AbcCdDeEFhHmoPQrtTuUwxXyYz',
    long: ['config'],
    // curl makes addresses of it, those of files among them.
    words: /^(?=[^:]*[{[])(?:[A-Za-z,]|\{[A-Za-z,]*\}|\[[A-Za-z]-[A-Za-z](?::\d+)?\])+:\//,
  },
  git: {
    long: ['config-env', 'exec-path', 'upload-pack', 'receive-pack', 'upload-archive', 'exec', 'extcmd', 'open-files-in-pager'],
    words: /^-O|^(ext|fd)::/,
  },
  go: { words: /^--?(exec|toolexec|vettool)/ },
  cmake: { words: /^-(E|P)/ },
  cargo: { long: ['config'] },
  openssl: { words: /^--?(engine|provider)/ },
  ...Object.fromEntries(['gcc', 'g++', 'cc', 'c++', 'clang', 'clang++', 'ld'].map((name) => [name, COMPILER])),
};

/** The first word by which `name` may run another program. */
export function findRunningOption(name: string, args: readonly KnownWord[]): string | undefined {
  const options = Object.hasOwn(RUNNING, name) ? (RUNNING[name] as RunningOptions) : undefined;
  if (options === undefined) return undefined;
  const [first] = args;
  const isRunning = (word: KnownWord) => word.text !== undefined && isRunningText(word.text, options);
  if (
    options.isOldStyle &&
    first?.text !== undefined &&
    /^\w/.test(first.text) &&
    hasLetter(first.text, { letters: options.letters ?? '', values: '' })
  )
    return first.text;
  return args.find(isRunning)?.text;
}

function isRunningText(text: string, { letters = '', values = '', long = [], harmless = [], words }: RunningOptions): boolean {
  if (words?.test(text)) return true;
  if (text.startsWith('--')) {
    const name = text.slice(2).split('=', 1)[0] as string;
    return name !== '' && !harmless.includes(name) && long.some((option) => option.startsWith(name));
  }
  return letters !== '' && text.startsWith('-') && hasLetter(text.slice(1), { letters, values });
}

function hasLetter(cluster: string, { letters, values }: { readonly letters: string; readonly values: string }): boolean {
  for (const letter of cluster) {
    if (letters.includes(letter)) return true;
    if (values.includes(letter)) return false;
  }
  return false;
}
