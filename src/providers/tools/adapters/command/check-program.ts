/** What some programs are told by their arguments: code to run, programs to run. */
import { CODE_OPTIONS, INTERPRETERS, RUNNING_OPTIONS } from './command-names.js';
import type { KnownWord } from './read-word.js';
import { refuse } from './refusal.js';
import { checkVariable } from './unwrap-command.js';

/**
 * `isAllowed`: the allow list names it, and its code is somebody's decision.
 * @throws AppError `TOOL_COMMAND_REFUSED`
 */
export function checkPrograms(name: string, args: readonly KnownWord[], isAllowed: boolean): void {
  checkBuiltins(name, args);
  if (isAllowed) return;
  const pattern = Object.hasOwn(RUNNING_OPTIONS, name) ? RUNNING_OPTIONS[name] : undefined;
  const running = args.find(({ text }) => text !== undefined && pattern?.test(text));
  if (running !== undefined) throw refuse(`'${name} ${running.text}' may run another program`);
  if (INTERPRETERS.test(name)) checkInterpreter(name, args);
  if (/^([gmn]?awk|original-awk|bwk)$/.test(name)) checkAwk(name, args);
  if (name === 'sed' || name === 'gsed') checkSed(args);
  if (name === 'git') checkGit(args);
  if (name === 'make' || name === 'gmake') checkMake(name, args);
}

const PLAIN_NAME = /^[A-Za-z_]\w*$/;
const DECLARING = ['declare', 'typeset', 'local', 'export', 'readonly'];

/** Builtins that assign take names, and bash evaluates what stands in the brackets of a name. */
function checkBuiltins(name: string, args: readonly KnownWord[]): void {
  if (DECLARING.includes(name)) {
    for (const { text, source } of args) {
      if (text !== undefined && /^[-+]/.test(text)) {
        if (/[in]/.test(text)) throw refuse(`'${name} ${text}' makes later assignments mean something else`);
        continue;
      }
      const assigned = /^([A-Za-z_]\w*)(\+?=|$)/.exec(text ?? source);
      if (assigned === null) throw refuse(`what '${name}' assigns cannot be told: ${source.slice(0, 80)}`);
      checkVariable(assigned[1] as string);
    }
  }
  if (name === 'read' || name === 'mapfile' || name === 'readarray') checkReading(name, args);
  if (name === 'unset' || name === 'getopts')
    for (const { text, source } of args.slice(name === 'getopts' ? 1 : 0, name === 'getopts' ? 2 : undefined)) {
      if (text === undefined || !(PLAIN_NAME.test(text) || /^-[fv]$/.test(text)))
        throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
      if (PLAIN_NAME.test(text)) checkVariable(text);
    }
  if (name === 'printf') {
    const at = args.findIndex(({ text }) => text === undefined || text.startsWith('-v'));
    if (at === 0) {
      const { text, source } = args[0] as KnownWord;
      const variable = text === '-v' ? args[1]?.text : text?.slice(2);
      if (text !== undefined && !PLAIN_NAME.test(variable ?? ''))
        throw refuse(`the name that 'printf -v' is given cannot be told: ${source}`);
      if (text !== undefined) checkVariable(variable as string);
      if (text === undefined && (args[0] as KnownWord).isSingle === false) throw refuse(`what 'printf' does cannot be told: ${source}`);
    }
  }
  if (name === 'test' || name === '[')
    for (const [index, { text }] of args.entries())
      if ((text === '-v' || text === '-R') && !PLAIN_NAME.test(args[index + 1]?.text ?? ''))
        throw refuse(`'${text}' of something else than a plain name`);
  if (name === 'set' && args.some(({ text }) => text !== undefined && /^-[a-zA-Z]*[kn]/.test(text)))
    throw refuse("'set' with -k or -n changes what later words mean");
}

function checkReading(name: string, args: readonly KnownWord[]): void {
  for (let index = 0; index < args.length; index++) {
    const { text, source } = args[index] as KnownWord;
    if (text === undefined) throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
    if (text === '--') continue;
    if (text.includes('\n')) throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
    if (name !== 'read' && /^-[a-zA-Z]*[Cc]/.test(text)) throw refuse(`'${name} -C' runs a command`);
    const option = name === 'read' ? /^-[ersz]*([adinNptu])?(.*)$/s.exec(text) : /^-t?([dnOsu])?(.*)$/s.exec(text);
    if (option !== null) {
      const value = option[1] === 'a' ? option[2] || args[index + 1]?.text : undefined;
      if (value !== undefined) checkVariable(value);
      if (value !== undefined && !PLAIN_NAME.test(value))
        throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
      if (option[1] !== undefined && option[2] === '') index += 1;
      continue;
    }
    if (!PLAIN_NAME.test(text)) throw refuse(`the name that '${name}' is given cannot be told: ${source.slice(0, 80)}`);
    checkVariable(text);
  }
}

/** A script in a file is a program like any other; code that is an argument, or comes by standard input, is not looked into. */
function checkInterpreter(name: string, args: readonly KnownWord[]): void {
  const options = CODE_OPTIONS.find(([names]) => names.test(name))?.[1];
  for (const { text, source, isSingle } of args) {
    if (text === undefined) {
      if (isSingle && /^["']?[A-Za-z0-9_./]/.test(source)) return;
      throw refuse(`what '${name}' runs cannot be told: ${source.slice(0, 80)}`);
    }
    if (text === '-') break;
    if (options?.test(text))
      throw refuse(`'${name} ${text}' runs code that is not looked into; put it into a file, or list '${name}' in allowed_commands`);
    if (/^(--?version|--?help|-V|-v|-h|--test|-m)$/.test(text)) return;
    if (!text.startsWith('-')) return;
  }
  throw refuse(`'${name}' without a script runs what it reads, which is not looked into`);
}

/** TOOL-30: the program of awk can run commands and write files. */
function checkAwk(name: string, args: readonly KnownWord[]): void {
  for (let index = 0; index < args.length; index++) {
    const { text, source } = args[index] as KnownWord;
    if (text === undefined) throw refuse(`what '${name}' runs cannot be told: ${source.slice(0, 80)}`);
    if (/^-(f|i|l|e|E|D|-file|-exec|-include|-load|-source)/.test(text))
      throw refuse(`'${name} ${text}' is not one that is understood here`);
    if (/^-[Fv]$/.test(text)) index += 1;
    else if (!text.startsWith('-')) {
      checkLength(name, text);
      const program = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (string) => (/\|/.test(string) ? '""' : string));
      if (/system|getline|close|@|\||\bprintf?\b[^;}\n]*>/.test(program.replaceAll('||', '')))
        throw refuse(`the program of '${name}' may run commands or write files; use grep -E, cut or sort instead`);
      return;
    }
  }
}

/** `e` runs a command, `w` writes a file, and so do the flags of `s`. */
function checkSed(args: readonly KnownWord[]): void {
  let hasScript = false;
  for (let index = 0; index < args.length; index++) {
    const { text, source } = args[index] as KnownWord;
    const attached = /^(?:-[nErsuz]*e|--expression=)(.+)$/.exec(text ?? '');
    const isNext = text === '--expression' || /^-[nErsuz]*e$/.test(text ?? '');
    if (text !== undefined && /^(-[nErsuz]*f|--file)/.test(text)) throw refuse("'sed -f' is not one that is understood here");
    if (attached !== null || isNext) {
      checkSedScript(isNext ? args[index + 1] : { text: attached?.[1], isSingle: true, source });
      hasScript = true;
      if (isNext) index += 1;
    } else if (text === undefined || !text.startsWith('-')) {
      if (!hasScript) checkSedScript(args[index]);
      return;
    }
  }
}

function checkSedScript(script: KnownWord | undefined): void {
  const { text, source = '' } = script ?? {};
  if (text === undefined) {
    // A variable in the text of a replacement may bring any command of sed with it.
    throw refuse(`what 'sed' does cannot be told: ${source.slice(0, 80)}`);
  }
  checkLength('sed', text);
  const rest = text.replaceAll(
    /(^|[;{}\n\d$/,!\s])([sy])([^\w\s\\])((?:\\.|(?!\3)[^\\])*)\3((?:\\.|(?!\3)[^\\])*)\3([gpiImM\d]*)/gs,
    '$1S',
  );
  const plain = rest.replaceAll(/\/(?:\\.|[^/\\])*\/[IM]?/g, '').replaceAll(/(^|[;{}\n])([^;{}\n]*?)[aic]\\?\s[^\n]*/g, '$1$2');
  if (/[ewWrRF]/.test(plain)) throw refuse(`the script of 'sed' may run commands, or read or write files: ${text.slice(0, 80)}`);
}

/** Programs are read by expressions that begin again at every sign of some. */
function checkLength(name: string, program: string): void {
  if (program.length > MAX_PROGRAM)
    throw refuse(`the program of '${name}' has ${program.length} characters; wanted at most ${MAX_PROGRAM}`);
}

/** A makefile is a script: what comes by standard input or from a substitution is not one that can be looked at. */
function checkMake(name: string, args: readonly KnownWord[]): void {
  for (const [index, { text, source }] of args.entries()) {
    const attached = /^(?:-[a-zA-Z]*f|--(?:file|makefile)=)(.+)$/s.exec(text ?? '')?.[1];
    const isNext = text !== undefined && /^(-[a-zA-Z]*f|--file|--makefile)$/.test(text);
    const file = isNext ? (args[index + 1]?.text ?? '-') : attached;
    if (file !== undefined && (file === '-' || file.startsWith('/dev/')))
      throw refuse(`'${name}' with recipes from its input runs what cannot be looked at here: ${source}`);
  }
}

const GIT_RUNNERS =
  /^(bisect|difftool|mergetool|filter-branch|daemon|instaweb|send-email|credential|upload-pack|receive-pack|shell|http-backend|web--browse|citool|gui|hook|p4|svn)$/;
const GIT_SETTINGS =
  /alias\.|pager|command|editor|hook|fsmonitor|askpass|helper|textconv|cmd|driver|process|clean|smudge|proxy|program|include|worktree|sshvariant|insteadof/i;

function checkGit(args: readonly KnownWord[]): void {
  const words = args.map(({ text }) => text ?? '');
  const at = words.findIndex(
    (word, index) => !word.startsWith('-') && !['-C', '-c', '--git-dir', '--work-tree', '--namespace'].includes(words[index - 1] ?? ''),
  );
  const verb = words[at] ?? '';
  if (at !== -1 && args[at]?.text === undefined) throw refuse(`what 'git' does cannot be told: ${args[at]?.source}`);
  const rest = words.slice(at + 1);
  const settings = [
    ...words.slice(0, at === -1 ? undefined : at),
    ...(verb === 'clone' || verb === 'init' || verb === 'submodule' ? rest : []),
  ];
  if (settings.some((word) => /^(-c|--config)/.test(word))) throw refuse("a setting given to 'git' may run other programs");
  if (GIT_RUNNERS.test(verb)) throw refuse(`'git ${verb}' may run other programs`);
  if (verb === 'submodule' && rest.includes('foreach')) throw refuse("'git submodule foreach' runs other programs");
  if (verb === 'config' && rest.some((word) => GIT_SETTINGS.test(word))) throw refuse("this setting of 'git config' runs other programs");
  if (verb === 'config' && args.slice(at + 1).some(({ text }) => text === undefined)) throw refuse("what 'git config' sets cannot be told");
  if (
    (verb === 'clone' || verb === 'fetch' || verb === 'pull' || verb === 'ls-remote' || verb === 'remote') &&
    rest.some((word) => /^(ext|fd)::/.test(word))
  )
    throw refuse('a git address of this kind runs a program');
  if (words.some((word) => /^(--template|--separate-git-dir)/.test(word))) throw refuse("this option of 'git' may bring hooks with it");
  if (verb === 'rm') throw refuse("'git rm' deletes as 'rm' does, which is denied");
  if (verb === 'clean') throw refuse("'git clean' deletes as 'rm' does, which is denied");
}

const MAX_PROGRAM = 2_000;
