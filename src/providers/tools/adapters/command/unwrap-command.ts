/** What a command runs that runs another one: `env`, `xargs`, `find -exec` and the like (TOOL-34). */
import { DANGEROUS_VARIABLES } from './command-names.js';
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

interface WrapperOptions {
  /** Letters of options without a value. */
  readonly flags: string;
  /** Letters of options with one, in the same word or the next. */
  readonly values: string;
  readonly long?: readonly string[];
  readonly longValues?: readonly string[];
  /** Words before the command, such as the duration of `timeout`. */
  readonly operands?: number;
  readonly assignments?: true;
  /** `-10` is an option. */
  readonly numbers?: true;
}

const WRAPPERS: Readonly<Record<string, WrapperOptions>> = {
  env: { flags: 'i0v', values: 'u', long: ['ignore-environment', 'null', 'debug'], longValues: ['unset'], assignments: true },
  nohup: { flags: '', values: '' },
  command: { flags: 'p', values: '' },
  builtin: { flags: '', values: '' },
  exec: { flags: 'cl', values: 'a' },
  time: { flags: 'pvaq', values: 'f', long: ['portability', 'verbose', 'append', 'quiet'], longValues: ['format'] },
  nice: { flags: '', values: 'n', longValues: ['adjustment'], numbers: true },
  ionice: { flags: 't', values: 'cn', long: ['ignore'], longValues: ['class', 'classdata'] },
  timeout: {
    flags: 'fpv',
    values: 'ks',
    long: ['foreground', 'preserve-status', 'verbose'],
    longValues: ['kill-after', 'signal'],
    operands: 1,
  },
  stdbuf: { flags: '', values: 'ioe', longValues: ['input', 'output', 'error'] },
  chrt: { flags: 'abfiormpv', values: 'TPD', operands: 1 },
  taskset: { flags: 'ac', values: '', operands: 1 },
  busybox: { flags: '', values: '' },
  toybox: { flags: '', values: '' },
  npx: { flags: 'yq', values: 'p', long: ['yes', 'no', 'no-install', 'quiet'], longValues: ['package'] },
  bunx: { flags: '', values: '' },
  uvx: { flags: '', values: '' },
  xargs: {
    flags: '0rtxo',
    values: 'IiLlnPsdEea',
    long: ['null', 'no-run-if-empty', 'verbose', 'exit', 'open-tty', 'show-limits'],
    longValues: ['replace', 'max-lines', 'max-args', 'max-procs', 'max-chars', 'delimiter', 'eof', 'arg-file'],
  },
};

/** Keepers of environments: what stands behind the verb is a command. */
const RUN_VERBS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['uv', 'poetry', 'pipenv', 'pipx', 'conda', 'mamba', 'pdm', 'hatch', 'rye', 'volta'].map((name) => [name, ['run']]),
  ),
  ...Object.fromEntries(['bundle', 'rbenv', 'pyenv', 'asdf', 'mise', 'direnv', 'nvm'].map((name) => [name, ['exec', 'x']])),
};

/** The commands that `name` runs; `undefined` = it is no wrapper. @throws AppError `TOOL_COMMAND_REFUSED` when that cannot be told. */
export function unwrapCommand(name: string, args: readonly KnownWord[]): readonly (readonly KnownWord[])[] | undefined {
  if (name === 'find') return unwrapFind(args);
  if (name === 'npm' || name === 'pnpm' || name === 'yarn') return unwrapPackageRunner(name, args);
  const verbs = Object.hasOwn(RUN_VERBS, name) ? RUN_VERBS[name] : undefined;
  if (verbs !== undefined) return unwrapVerb(name, args, verbs);
  const options = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (options === undefined) return undefined;
  // They tell where a command is, and run none.
  if (name === 'command' && args.some(({ text }) => text !== undefined && /^-p?[vV]/.test(text))) return [];
  const inner = skipOptions(name, args, options);
  if (name !== 'xargs') return inner.length === 0 ? [] : [inner];
  if (inner.length === 0) return [];
  const marks = replacedBy(args);
  const filled = inner.map((word) => (word.text !== undefined && marks.some((mark) => word.text?.includes(mark)) ? unknown(word) : word));
  return [[...filled, { text: undefined, isSingle: false, source: '(what xargs reads)' }]];
}

function skipOptions(name: string, args: readonly KnownWord[], options: WrapperOptions): readonly KnownWord[] {
  let operands = options.operands ?? 0;
  let index = 0;
  let isOver = false;
  for (; index < args.length; index++) {
    const { text, source } = args[index] as KnownWord;
    if (text === undefined) throw refuse(`what '${name}' runs cannot be told: ${source}`);
    if (!isOver && text === '--') isOver = true;
    else if (!isOver && text.startsWith('-') && text !== '-') index += skipOption(name, text, options);
    else if (!isOver && text === '-' && name === 'env') continue;
    // Whatever stands before it, `=` makes it one.
    else if (options.assignments && text.includes('=')) checkVariable(text.slice(0, text.indexOf('=')));
    else if (operands > 0) operands -= 1;
    else break;
  }
  return args.slice(index);
}

/** How many words behind it belong to the option. */
function skipOption(name: string, text: string, options: WrapperOptions): number {
  if (text.startsWith('--')) {
    const [long, value] = text.slice(2).split('=', 2) as [string, string | undefined];
    if (options.long?.includes(long) && value === undefined) return 0;
    if (options.longValues?.includes(long)) return value === undefined && !['replace', 'eof', 'max-lines'].includes(long) ? 1 : 0;
    throw refuse(`the option --${long} of '${name}' is not one that is understood here`);
  }
  if (options.numbers && /^-{1,2}\d+$/.test(text)) return 0;
  for (const [at, letter] of [...text.slice(1)].entries()) {
    if (options.flags.includes(letter)) continue;
    if (!options.values.includes(letter)) throw refuse(`the option -${letter} of '${name}' is not one that is understood here`);
    // Of xargs: their value, if any, is in the same word.
    if (name === 'xargs' && 'iel'.includes(letter)) return 0;
    return at + 2 === text.length ? 1 : 0;
  }
  return 0;
}

/** What `xargs` puts its input in place of. */
function replacedBy(args: readonly KnownWord[]): readonly string[] {
  return args.flatMap(({ text = '' }, index) => {
    const short = /^-[0rtxo]*([Ii])(.*)$/.exec(text);
    if (short !== null) return [short[2] !== '' ? (short[2] as string) : short[1] === 'I' ? (args[index + 1]?.text ?? '') : '{}'];
    const long = /^--replace(?:=(.*))?$/.exec(text);
    return long === null ? [] : [long[1] ?? '{}'];
  });
}

const FIND_RUNS = ['-exec', '-execdir', '-ok', '-okdir'];
const FIND_VALUES =
  /^-(i?name|i?path|i?wholename|i?regex|i?lname|newer\w*|size|type|xtype|[acm]time|[acm]min|maxdepth|mindepth|user|group|perm|printf|regextype|samefile|links|inum|fstype)$/;

function unwrapFind(args: readonly KnownWord[]): readonly (readonly KnownWord[])[] {
  const found: (readonly KnownWord[])[] = [];
  for (let index = 0; index < args.length; index++) {
    const { text, source, isSingle } = args[index] as KnownWord;
    if (text === undefined) {
      const isValue = FIND_VALUES.test(args[index - 1]?.text ?? '') && (isSingle || /[*?[]/.test(source));
      // A pattern of names that begins like a path is no option.
      if (!isValue && !/^[A-Za-z0-9_./]/.test(source)) throw refuse(`what 'find' does cannot be told: ${source}`);
      continue;
    }
    if (text === '-delete') throw refuse("'find -delete' deletes as 'rm' does, which is denied");
    if (/^-(fprint|fprint0|fprintf|fls|files0-from)$/.test(text)) throw refuse(`'find ${text}' is not one that is understood here`);
    if (!FIND_RUNS.includes(text)) continue;
    const rest = args.slice(index + 1);
    const length = rest.findIndex((word, at) => word.text === ';' || (word.text === '+' && rest[at - 1]?.text === '{}'));
    if (length === -1) throw refuse(`'find ${text}' has no end`);
    found.push(rest.slice(0, length).map((word) => (word.text?.includes('{}') ? unknown(word) : word)));
    index += length + 1;
  }
  return found;
}

/** `npm exec -- tool`, `pnpm dlx tool`, `yarn dlx tool`. */
function unwrapPackageRunner(name: string, args: readonly KnownWord[]): readonly (readonly KnownWord[])[] | undefined {
  const at = args.findIndex(({ text }) => text === undefined || !text.startsWith('-'));
  const verb = args[at];
  if (verb === undefined) return [];
  if (verb.text === undefined) throw refuse(`what '${name}' runs cannot be told: ${verb.source}`);
  if (verb.text === 'explore' || verb.text === 'edit') throw refuse(`'${name} ${verb.text}' runs what cannot be looked at here`);
  if (verb.text === 'node') return [args.slice(at)];
  if (!['exec', 'x', 'dlx'].includes(verb.text)) return undefined;
  const rest = args.slice(at + 1);
  if (rest.some(({ text }) => text !== undefined && /^(-c|--call|-e|--shell-mode)/.test(text)))
    throw refuse(`'${name} ${verb.text}' with text for a shell is not one that is understood here`);
  const inner = skipOptions(`${name} ${verb.text}`, rest, { flags: 'yq', values: 'p', long: ['yes', 'no'], longValues: ['package'] });
  return inner.length === 0 ? [] : [inner];
}

/** `uv run tool`, `bundle exec tool`. */
function unwrapVerb(name: string, args: readonly KnownWord[], verbs: readonly string[]): readonly (readonly KnownWord[])[] | undefined {
  const at = args.findIndex(({ text }) => text === undefined || verbs.includes(text));
  if (at === -1) return undefined;
  const { text, source } = args[at] as KnownWord;
  if (text === undefined) throw refuse(`what '${name}' runs cannot be told: ${source}`);
  const inner = skipOptions(`${name} ${text}`, args.slice(at + 1), { flags: '', values: '' });
  return inner.length === 0 ? [] : [inner];
}

/** @throws AppError `TOOL_COMMAND_REFUSED` for a variable that changes what other commands run. */
export function checkVariable(name: string): void {
  if (DANGEROUS_VARIABLES.test(name)) throw refuse(`the variable ${name} changes what other commands do`);
}

function unknown({ source }: KnownWord): KnownWord {
  return { text: undefined, isSingle: true, source };
}
