/**
 * Which words of a command may be paths: all of them and all parts of them (`--output=x`, `-ox`, `name=@x`, `host:x`), but for those
 * that a program is known to take as text. Whatever a word may mean to the program, it must lead into the working directory.
 */
import { expandBraces } from './expand-braces.js';
import type { FolderRules } from './folder-rules.js';
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';

/** @throws AppError `TOOL_COMMAND_REFUSED` */
export function checkPaths(name: string, args: readonly KnownWord[], folders: FolderRules): void {
  if (TEXT_PROGRAMS.includes(name)) return;
  // A link may be moved to where its way up leads out.
  if (name === 'ln' && args.some(({ text, source }) => (text ?? source).split('/').includes('..')))
    throw refuse("'ln' with a path that goes up makes a link that may lead out");
  const isText = findText(name, args);
  for (const [index, word] of args.entries()) if (!isText.has(index)) checkPathWord(`what '${name}' is given`, word, folders);
}

/** One word that may be a path, or have one in it. */
export function checkPathWord(what: string, word: KnownWord, folders: FolderRules): void {
  const { text } = word;
  if (text === undefined) {
    const words = expandBraces(word.source);
    if (words.length === 1) folders.checkPath(what, word);
    else
      for (const each of words) checkPathWord(what, { text: /[*?[]/.test(each) ? undefined : each, isSingle: true, source: each }, folders);
    return;
  }
  if (text === '') return;
  // What follows a flag, wherever in a cluster of them it begins; of -I and -L right behind it.
  const [, letters = ''] = /^-([A-Za-z0-9]+)/.exec(text) ?? [];
  if (letters.length > MAX_CLUSTER) throw refuse(`${what} has more options in a word than can be looked at: ${text.slice(0, 80)}`);
  const starts = letters === '' ? [] : /^-[IL]/.test(text) ? [2] : Array.from(letters, (_, at) => at + 2);
  const parts = [text, ...starts.map((at) => text.slice(at)), ...text.split(/[=,@<]|:(?!\/\/)/)];
  for (const part of new Set(parts)) {
    if (part === '') continue;
    if (/^file:/i.test(part)) throw refuse(`${what} is an address of a file: ${text.slice(0, 80)}`);
    if (/^~[\w.-]*(\/|$)/.test(part)) throw refuse(`${what} is outside of the working directory: ${part.slice(0, 80)}`);
    folders.checkPath(what, { text: part, isSingle: true, source: part === text ? word.source : part });
  }
}

/** A long word that begins like options is none that a program takes for them. */
const MAX_CLUSTER = 64;

/** They open nothing that they are given by name; `test` only tells of it. */
const TEXT_PROGRAMS: readonly string[] = ['echo', 'printf', 'basename', 'dirname', 'tr', 'expr', 'test', '[', 'true', 'false', ':'];

interface TextArguments {
  /** The first word that is no option is text, unless one of `options` gave it. */
  readonly isFirst?: true;
  /** The word behind, or the rest of the same one, is text. */
  readonly options?: RegExp;
  /** Options with a value that is a word of its own: what follows is not the first word. */
  readonly values?: RegExp;
  /** With them, no word is the first. */
  readonly instead?: RegExp;
}

const SEARCHES: TextArguments = {
  isFirst: true,
  options: /^(-[a-zA-Z]*e$|-e|--regexp(=|$))/,
  values: /^-[a-zA-Z]*[ABCmdDgtTjM]$/,
  instead: /^(-[a-zA-Z]*[ef]|--(regexp|file|files)\b)/,
};
const TEXT_ARGUMENTS: Readonly<Record<string, TextArguments>> = {
  ...Object.fromEntries(['grep', 'egrep', 'fgrep', 'zgrep', 'rg'].map((name) => [name, SEARCHES])),
  ...Object.fromEntries(['sed', 'gsed'].map((name) => [name, { isFirst: true, options: /^(-[nErsuz]*e$|-[nErsuz]*e|--expression(=|$))/ }])),
  ...Object.fromEntries(
    ['awk', 'gawk', 'mawk', 'nawk', 'original-awk', 'bwk'].map((name) => [name, { isFirst: true, options: /^-F/, values: /^-v$/ }]),
  ),
  cut: { options: /^(-d|--delimiter(=|$)|--output-delimiter(=|$))/ },
  paste: { options: /^(-[sz]*d|--delimiters(=|$))/ },
  sort: { options: /^(-t|--field-separator(=|$))/ },
  join: { options: /^-t/ },
  column: { options: /^(-t*s|--separator(=|$))/ },
  curl: { options: /^(-H|--header$|-A|--user-agent$|-w|--write-out$)/ },
  git: { options: /^(-a?m|--message(=|$)|--grep(=|$)|--author(=|$))/ },
};
/** Elsewhere `-m` of git has no value. */
const GIT_MESSAGES = ['commit', 'tag', 'merge'];

function findText(name: string, args: readonly KnownWord[]): ReadonlySet<number> {
  const rules = Object.hasOwn(TEXT_ARGUMENTS, name) ? (TEXT_ARGUMENTS[name] as TextArguments) : {};
  const found = new Set<number>();
  if (name === 'git' && !GIT_MESSAGES.includes(args[0]?.text ?? '')) return found;
  let needsFirst = rules.isFirst === true && !args.some(({ text }) => text !== undefined && rules.instead?.test(text));
  for (let index = 0; index < args.length; index++) {
    const { text } = args[index] as KnownWord;
    if (text !== undefined && rules.options?.test(text)) {
      if (name === 'sed' || name === 'gsed') needsFirst = false;
      found.add(index);
      // `@file` and `<file` are read, whatever the option.
      const rest = text.replace(rules.options, '');
      const isAttached = rest !== '';
      if (/^[@<]/.test(rest)) found.delete(index);
      const next = args[index + 1]?.text;
      if (!isAttached && !(next !== undefined && /^[@<]/.test(next))) found.add(index + 1);
      if (!isAttached) index += 1;
    } else if (text !== undefined && rules.values?.test(text)) index += 1;
    else if (needsFirst && !(text?.startsWith('-') ?? false)) {
      found.add(index);
      needsFirst = false;
    }
  }
  return found;
}
